"""The schema: migrations and tables say the same, and a foreign version is refused."""

import asyncio
import sqlite3
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from engine.core.errors import ConfigError
from engine.core.order import Refusal
from storage.migrations import HEAD, migrate
from storage.migrations.upgrade import alembic_config
from storage.models import metadata
from storage.opening import open_storage

ROOT = Path(__file__).parents[3]


async def on(url: str, work):
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def differences(connection) -> list:
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def indexes(connection) -> dict[str, str]:
    """Every index with its predicate, in the database's own words."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return {row[0]: " ".join(row[1].split()) for row in connection.execute(text(query))}


async def test_migrations_make_exactly_the_tables_of_the_models(url):
    assert await on(url, differences) == []


async def test_migrations_make_exactly_the_partial_indexes_of_the_models(url):
    migrated = await on(url, indexes)

    def make_anew(connection):
        connection.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)
        metadata.create_all(connection)
        return indexes(connection)

    made = await on(url, make_anew)
    migrated.pop("alembic_version_pkc", None)
    assert migrated == made
    assert sum("WHERE" in definition for definition in made.values()) == 11


async def test_migrating_again_changes_nothing(url):
    await migrate(url)
    assert await on(url, differences) == []


FIRST_ROWS = """
INSERT INTO accounts (id, telegram_id, name, role, created_at, active, reachable)
  VALUES (1, 101, 'Anna', 'trader', 1, TRUE, TRUE);
INSERT INTO keys (id, public_id, owner_id, label, environment, fingerprint, state, created_at,
    checked_at, ip_restricted, problem, sealed)
  VALUES (1, 'k00001', 1, 'main', 'testnet', 'f', 'good', 1, 1, TRUE, '', NULL);
INSERT INTO bots (id, public_id, owner_id, name, config, state, created_at, revision, decisions,
    why, why_params, deleted)
  VALUES (1, 'b00001', 1, 'x', '{}', 'stopped', 1, 0, 1, '', '{}', FALSE);
INSERT INTO positions (id, owner_id, bot_id, account, market, symbol, base, quote, side, decision,
    opened_at, stop_price, target_price, state, protection, entry_qty, entry_quote, exit_qty,
    exit_quote, fee_base, fee_quote, fees, guarded, revision)
  VALUES (1, 1, 1, 'paper:1', 'spot', 'ETHUSDT', 'ETH', 'USDT', 'long', 1, 1, '1', '2', 'open',
    'standing', '0.1', '200', '0', '0', '0', '0', '{}', TRUE, 0);
INSERT INTO orders (id, client_id, owner_id, bot_id, account, market, symbol, side, kind, leg,
    quantity, created_at, state, position_id, reason, filled_qty, filled_quote, booked_qty,
    updated_at, note, decision)
  VALUES (1, 'skab121-1-1-e1', 1, 1, 'paper:1', 'spot', 'ETHUSDT', 'BUY', 'market', 'e', '0.1', 1,
    'filled', 1, '', '0.1', '200', '0.1', 1, '', 1);
INSERT INTO trades (id, position_id, owner_id, bot_id, market, symbol, side, quantity, entry_price,
    exit_price, gross, net, percent, dust, reason, opened_at, closed_at, fees)
  VALUES (1, 1, 1, 1, 'spot', 'ETHUSDT', 'long', '0.1', '1', '2', '3', '4', '5', '0', 'SIGNAL', 1,
    2, '{}')
"""


async def test_rows_of_the_first_version_are_read_by_the_newest(empty_url):
    def first(connection):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in FIRST_ROWS.split(";"):
            connection.execute(text(statement.replace(":", r"\:")))

    await on(empty_url, first)

    storage = await open_storage(empty_url)

    async with storage.system() as unit:
        position, trade = await unit.positions.get(1), await unit.trades.of_position(1)
        (order,) = await unit.orders.of_decision(1, 1)
        key = await unit.keys.get(1)
        assert trade is not None
        await unit.positions.save(position)
        await unit.trades.replace(trade)
        await unit.orders.save(order, was=order)
    await storage.close()
    assert (position.leverage, position.best_price, position.watches_target) == (1, None, False)
    assert (position.funding, position.gone_qty, position.entry_qty) == (0, 0, Decimal("0.1"))
    assert (order.close_position, order.refusal) == (False, Refusal.NONE)
    assert (trade.funding, trade.leverage, trade.gone, trade.net) == (0, 1, 0, 4)
    assert not key.futures
    assert await on(empty_url, differences) == []


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(url):
    await on(url, lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(ConfigError, match="schema 9999"):
        await open_storage(url)
    found = await on(
        url, lambda c: c.execute(text("SELECT version_num FROM alembic_version")).scalar()
    )
    assert found == "9999"


async def test_two_processes_that_make_one_database_at_once_both_succeed(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path}/deep/er/new.db"
    code = f"import asyncio, storage.migrations as m; asyncio.run(m.migrate({url!r}))"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
        for _ in range(2)
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    assert await on(url, differences) == []


async def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(
    tmp_path, monkeypatch
):
    path = tmp_path / "new.db"
    url = f"sqlite+aiosqlite:///{path}"

    def fail(connection, *args, **kwargs):
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("storage.migrations._upgrade", fail)
        with pytest.raises(asyncio.CancelledError):
            await migrate(url)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    await migrate(url)
    assert await on(url, differences) == []


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://h/d", "sqlite:///x.db", "sqlite+aiosqlite://", "postgresql://h/d"],
)
async def test_an_unsupported_url_is_refused_in_one_line(url):
    with pytest.raises(ConfigError, match=r"database\.url") as caught:
        await open_storage(url)
    assert "\n" not in str(caught.value)


async def test_a_password_is_not_shown():
    with pytest.raises(ConfigError) as caught:
        await open_storage("postgresql+psycopg2://me:hunter2@host/d")
    assert "hunter2" not in str(caught.value)


async def test_an_unreachable_server_is_a_config_error(unused_tcp_port):
    with pytest.raises(ConfigError, match="cannot be used"):
        await open_storage(f"postgresql+asyncpg://me:pw@127.0.0.1:{unused_tcp_port}/d")


def test_the_newest_version_is_the_one_that_starts_compare_with():
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()

    assert head == HEAD
