"""Alembic's entry: runs the versions on the connection that ``migrate`` opened."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Numeric
from sqlalchemy.types import TypeDecorator

from storage.models import metadata
from storage.types import ID


def plain_types(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """How a new version names a column's type: frozen, whatever becomes of our own types."""
    if kind != "type":
        return False
    if item is ID:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if not isinstance(item, TypeDecorator):
        return False
    if isinstance(item.impl, Numeric):
        return 'sa.Numeric().with_variant(sa.Text(), "sqlite")'
    return "sa.Text()"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=plain_types,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
