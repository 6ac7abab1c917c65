"""What a chaos run is judged by: the exchange's state, the database file, the chats. No service.

Nothing here asks Skipper about itself: the file is opened read-only, ids are parsed anew.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.traders import Trader
from tests.journeys.world import World

Row = dict[str, Any]
_TABLES = (
    *("accounts", "keys", "bots", "orders", "fills", "positions", "trades", "counters"),
    *("outbox", "drafts"),
)
_EXACT = frozenset({
    "quantity", "price", "stop_price", "filled_qty", "filled_quote", "booked_qty", "commission",
    "entry_qty", "entry_quote", "exit_qty", "exit_quote", "fee_base", "fee_quote", "net", "dust",
})  # fmt: skip
_JSON = frozenset({"config", "params", "fees", "data"})


@dataclass(frozen=True)
class OrderId:
    """What a client order id ``sk<install>-<bot>-<decision>-<leg><attempt>`` says."""

    bot: int
    decision: int
    leg: str


@dataclass
class Evidence:
    """One look at everything. ``chats``: the bot's messages by Telegram user.

    ``steps``: step size by symbol; ``keys``: API key by Telegram user. Every account began with
    nothing but ``money`` USDT.
    """

    exchange: dict[str, Any]
    steps: dict[str, Decimal]
    tables: dict[str, list[Row]]
    integrity: list[str]
    chats: dict[int, list[Row]]
    keys: dict[int, str]
    money: Decimal

    def key_of(self, owner_id: int) -> str:
        """API key of the person behind an account row."""
        row = next(a for a in self.tables["accounts"] if a["id"] == owner_id)
        return self.keys[row["telegram_id"]]


def parse_id(client_id: str) -> OrderId | None:
    """Parts of an id of ours, None for a foreign one."""
    install, *parts = client_id.split("-")
    if not install.startswith("sk") or len(parts) != 3:
        return None
    return OrderId(int(parts[0], 36), int(parts[1], 36), parts[2][0])


def read_tables(database: Path) -> tuple[dict[str, list[Row]], list[str]]:
    """Every table in one read transaction, and what the integrity checks say."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        file.row_factory = sqlite3.Row
        file.execute("BEGIN")
        tables = {name: _rows(file, name) for name in _TABLES}
        found = [str(row[0]) for row in file.execute("PRAGMA integrity_check")]
        found += [f"foreign key: {tuple(row)}" for row in file.execute("PRAGMA foreign_key_check")]
    return tables, [line for line in found if line != "ok"]


async def gather(world: World, traders: list[Trader], money: Decimal) -> Evidence:
    """One look at all three."""
    tables, integrity = read_tables(world.service.folder / "skipper.db")
    return Evidence(
        exchange=await world.books(),
        steps=await _steps(world.market),
        tables=tables,
        integrity=integrity,
        chats={t.user: await _chat(world.http, t.user) for t in traders},
        keys={t.user: t.key for t in traders},
        money=money,
    )


async def _steps(market: httpx.AsyncClient) -> dict[str, Decimal]:
    rules = (await market.get("/api/v3/exchangeInfo")).raise_for_status().json()
    return {
        symbol["symbol"]: Decimal(found["stepSize"])
        for symbol in rules["symbols"]
        for found in symbol["filters"]
        if found["filterType"] == "LOT_SIZE"
    }


async def _chat(http: httpx.AsyncClient, user: int) -> list[Row]:
    path = f"/sandbox/users/{user}/messages"
    view = (await http.get(path, params={"after": 0})).raise_for_status().json()
    return sorted(view["messages"], key=lambda m: m["id"])


def _rows(file: sqlite3.Connection, name: str) -> list[Row]:
    rows = file.execute(f"SELECT * FROM {name}")
    return [{key: _value(key, row[key]) for key in row.keys()} for row in rows]  # noqa: SIM118


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _EXACT:
        return Decimal(value)
    return json.loads(value, parse_float=Decimal) if name in _JSON else value
