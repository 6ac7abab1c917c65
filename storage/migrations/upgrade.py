"""Carrying out migrations with Alembic, without a settings file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from engine.core.errors import ConfigError
from storage.database import SQLITE


def alembic_config() -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest version.

    Raises ConfigError for a newer one, and for a file that another program fills.
    """
    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise ConfigError(
            f"the database has schema {current}, which this version of Skipper does not know: "
            "start the newer version, or restore a backup"
        )
    if current is None and connection.dialect.name == SQLITE:
        foreign = inspect(connection).get_table_names()
        if foreign:
            raise ConfigError(
                f"the database is another program's (it has a table {foreign[0]}): "
                "give Skipper a file of its own in database.url"
            )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
