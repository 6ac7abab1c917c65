"""The one MetaData, with names for every constraint."""

from sqlalchemy import ForeignKeyConstraint, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def of_a_bot() -> ForeignKeyConstraint:
    """A row's bot must exist and belong to the row's owner."""
    return ForeignKeyConstraint(["bot_id", "owner_id"], ["bots.id", "bots.owner_id"])
