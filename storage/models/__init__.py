"""Tables, split by subject; importing the package makes the whole MetaData."""

from storage.models import outbox, people, records, trading
from storage.models.base import metadata

__all__ = ["metadata", "outbox", "people", "records", "trading"]
