"""A fresh, migrated database per test: a copied SQLite file, a cloned PostgreSQL database."""

import asyncio
import os
import shutil

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from storage.migrations import migrate
from storage.opening import open_storage
from tests.contract.storage import makers

POSTGRES = os.environ.get(
    "SKIPPER_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/test"
)
BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


async def on_server(*statements: str) -> None:
    url = make_url(POSTGRES).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False), timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def on(name: str) -> str:
    """URL of a database on the test server."""
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "skipper.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server():
    try:
        asyncio.run(on_server("SELECT 1"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        if "postgres" in os.environ.get("SKIPPER_REQUIRE", ""):
            pytest.fail(f"PostgreSQL is required and not there: {error}")
        pytest.skip(f"no PostgreSQL at {make_url(POSTGRES).host}: {error}")


@pytest.fixture(scope="session")
def postgres_template(postgres_server):
    name = f"skipper_template_{os.getpid()}"
    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    asyncio.run(migrate(on(name)))
    yield name
    asyncio.run(on_server(f"DROP DATABASE {name}"))


@pytest_asyncio.fixture
async def postgres_url(postgres_template):
    name = f"skipper_test_{os.getpid()}"
    await on_server(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield on(name)
    await on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    path = tmp_path / "skipper.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=BACKENDS)
def url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest_asyncio.fixture
async def empty_postgres_url(postgres_server):
    name = f"skipper_empty_{os.getpid()}"
    await on_server(f"CREATE DATABASE {name}")
    yield on(name)
    await on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_sqlite_url(tmp_path):
    return f"sqlite+aiosqlite:///{tmp_path}/empty.db"


@pytest.fixture(params=BACKENDS)
def empty_url(request):
    """A database without any table."""
    return request.getfixturevalue(f"empty_{request.param}_url")


@pytest_asyncio.fixture
async def storage(url):
    opened = await open_storage(url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def anna(storage):
    return await makers.person(storage, 101, "Anna")


@pytest_asyncio.fixture
async def bert(storage):
    return await makers.person(storage, 102, "Bert")
