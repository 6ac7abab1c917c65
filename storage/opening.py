"""Opening the memory: schema, integrity, and whether the master key is the right one."""

from engine.core.errors import ConfigError
from storage.database import POSTGRES, Database, parse_url
from storage.migrations import migrate
from storage.postgres import PostgresDatabase
from storage.sqlite import SqliteDatabase
from storage.unit_of_work import SqlStorage
from storage.vault import FernetVault


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


async def check_canary(storage: SqlStorage, vault: FernetVault) -> None:
    """Refuse a wrong master key before anything is started; raises ConfigError.

    The first start leaves the token that later starts are checked against.
    """
    async with storage.system() as unit:
        token = await unit.installs.canary()
        if token is not None:
            vault.check_canary(token)
            return
        if await unit.keys.all_sealed():
            raise ConfigError(
                "the database holds exchange keys but not the mark of their master key: "
                "restore a backup"
            )
        await unit.installs.set_canary(vault.canary())
        await unit.commit()


async def rotate_master_key(storage: SqlStorage, old: FernetVault, new: FernetVault) -> int:
    """Seal every secret anew in one unit of work; number of keys. Raises ConfigError.

    What an interrupted rotation to the same key had committed is only counted.
    """
    async with storage.system() as unit:
        token = await unit.installs.canary()
        sealed = await unit.keys.all_sealed()
        if token is not None:
            if new.made(token):
                return len(sealed)
            old.check_canary(token)
        for key_id, owner_id, secret in sealed:
            await unit.keys.reseal(key_id, new.seal(owner_id, old.open(owner_id, secret)))
        await unit.installs.set_canary(new.canary())
        await unit.commit()
    return len(sealed)
