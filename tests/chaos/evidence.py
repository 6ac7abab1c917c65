"""What a chaos run is judged by: the exchange's state, the database file, the chats. No service.

Nothing here asks Skipper about itself: the file is opened read-only, ids are parsed anew.
"""

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from engine.runtime.clock import wall_ms
from tests.chaos.futures import merged
from tests.chaos.installation import Installation
from tests.chaos.traders import Trader

Row = dict[str, Any]
_TABLES = (
    *("accounts", "keys", "bots", "orders", "fills", "positions", "trades", "counters"),
    *("outbox", "drafts", "signals", "audit", "installs", "streams", "alembic_version"),
)
_EXACT = frozenset({
    "quantity", "price", "stop_price", "filled_qty", "filled_quote", "booked_qty", "commission",
    "entry_qty", "entry_quote", "exit_qty", "exit_quote", "fee_base", "fee_quote", "net", "dust",
    "funding",
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
    nothing but ``money``, by asset. ``speed``: market seconds per real one. ``starts``: seconds
    from each spawn to trading; ``stopped``: names of bots whose stop was shown as done.
    ``earlier`` is the look before this one.

    Instants are ms since the epoch: of the ``look``, of ``deaths``, ``steady_since`` when nothing
    hinders service and exchange, and until when chats were ``muted`` (see ``Installation``).
    ``ousted``: when a service lost its lease, and the host name that it has for the exchange.
    """

    exchange: dict[str, Any]
    steps: dict[str, Decimal]
    tables: dict[str, list[Row]]
    integrity: list[str]
    chats: dict[int, list[Row]]
    keys: dict[int, str]
    money: dict[str, Decimal]
    speed: float = 1.0
    look: float = 0.0
    steady_since: float = math.inf
    muted: dict[int, float] = field(default_factory=dict)
    ousted: list[tuple[float, str]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)
    stopped: frozenset[str] = frozenset()
    earlier: "Evidence | None" = None

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


class Watch:
    """Looks at one installation again and again."""

    def __init__(self, world: Installation, money: dict[str, Decimal]) -> None:
        self.world = world
        self.money = money
        self.traders: list[Trader] = []
        self.stopped: frozenset[str] = frozenset()
        self._steps: dict[str, Decimal] = {}
        self._last: Evidence | None = None

    async def look(self) -> Evidence:
        """Everything; the exchange before the rows, so that what is there must have one."""
        if not self._steps:
            self._steps = await _steps(self.world.market)
        exchange = merged(await self.world.books())
        tables, integrity = read_tables(self.world.service.folder / "skipper.db")
        seen = Evidence(
            exchange=exchange,
            steps=self._steps,
            tables=tables,
            integrity=integrity,
            chats={t.user: await _chat(self.world.http, t.user) for t in self.traders},
            keys={t.user: t.key for t in self.traders},
            money=self.money,
            speed=self.world.speed,
            look=wall_ms(),
            steady_since=max(self.world.service.awake_since, self.world.calm_since),
            muted=dict(self.world.muted),
            ousted=list(self.world.service.ousted),
            starts=list(self.world.service.starts),
            deaths=list(self.world.service.deaths),
            stopped=self.stopped,
            earlier=self._last,
        )
        self._last = replace(seen, earlier=None)
        return seen


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
