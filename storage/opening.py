"""Opening the memory: schema, integrity, and whether the master key is the right one."""

from storage.database import POSTGRES, Database, parse_url
from storage.migrations import migrate
from storage.postgres import PostgresDatabase
from storage.sqlite import SqliteDatabase
from storage.unit_of_work import SqlStorage


async def open_storage(url: str) -> SqlStorage:
    """Bring the schema up to date, check the database and open it.

    ``storage.warnings`` then holds what should be logged. Raises ConfigError.
    """
    await migrate(url)
    parsed = parse_url(url)
    database: Database
    if parsed.get_backend_name() == POSTGRES:
        database = await PostgresDatabase.open(parsed)
    else:
        database = SqliteDatabase.open(parsed)
    return SqlStorage(database)
