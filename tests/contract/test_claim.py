"""One service per PostgreSQL database, wherever it runs."""

import asyncio
import os

import asyncpg
import click
import pytest

from bot.cli import claim
from bot.cli.claim import claimed
from engine.core.errors import ConfigError

POSTGRES = os.environ.get(
    "SKIPPER_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/test"
)
pytestmark = pytest.mark.postgres


@pytest.fixture
async def database():
    """The test server's URL; skips without one."""
    try:
        session = await asyncpg.connect(POSTGRES.replace("+asyncpg", ""), timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        if "postgres" in os.environ.get("SKIPPER_REQUIRE", ""):
            raise
        pytest.skip(f"no PostgreSQL: {error}")
    await session.close()
    return POSTGRES


def ignored():
    """Nobody asks."""


async def test_a_second_service_learns_who_has_the_database(database):
    async with claimed(database, ignored):
        with pytest.raises(click.ClickException, match=f"process {os.getpid()} on .* holds"):
            async with claimed(database, ignored):
                pass


async def test_it_is_free_again_afterwards(database):
    async with claimed(database, ignored):
        pass
    async with claimed(database, ignored):
        pass


async def test_a_lost_session_is_noticed(database, monkeypatch):
    monkeypatch.setattr(claim, "_LOOK_EVERY", 0.01)
    lost = asyncio.Event()

    async with claimed(database, lost.set) as held:
        await held._session.close()
        await asyncio.wait_for(held.watch(), 5)

    assert lost.is_set()


async def test_a_server_out_of_reach_is_a_matter_of_settings():
    with pytest.raises(ConfigError, match="cannot be used"):
        async with claimed("postgresql+asyncpg://u:p@127.0.0.1:1/x", ignored):
            pass
