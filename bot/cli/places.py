"""Where a running service leaves its lock and its health file."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from engine.core.errors import ConfigError
from engine.runtime.lock import AlreadyRunning, InstanceLock
from engine.runtime.settings import Settings


def lock_file(settings: Settings) -> Path:
    """The instance lock, beside the database file."""
    return _beside(settings, ".lock")


def health_file(settings: Settings) -> Path:
    """The health file, beside the database file."""
    return _beside(settings, ".health")


@contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Hold the instance lock.

    Raises ClickException naming the process that has it, ConfigError when it cannot be made.
    """
    path = lock_file(settings)
    with ExitStack() as stack:
        try:
            stack.enter_context(InstanceLock(path))
        except AlreadyRunning as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be made: {error.strerror}") from None
        yield


def _beside(settings: Settings, ending: str) -> Path:
    database = settings.database.sqlite_path
    if database is None:
        name = hashlib.sha256(settings.database.url.encode()).hexdigest()[:16]
        database = Path(tempfile.gettempdir()) / f"skipper-{name}"
    return database.with_name(database.name + ending)
