"""Both local servers, the service between them, and the people who use it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.server import ChatOptions, LocalChat
from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange
from storage.vault import new_master_key
from tests.journeys.person import Person
from tests.journeys.service import Service

TOKEN = "4200042:" + "T" * 35
KEY, SECRET = "K" * 64, "S" * 64
OPERATOR = 1
_CONFIG = """
[telegram]
token = "{token}"
base_url = "{chat_url}"
base_file_url = "{chat_file_url}"
operators = [{operator}]

[exchange]
environment = "local"
base_url = "{exchange_url}"
clock_rate = {speed}

[database]
url = "sqlite:///skipper.db"

[security]
master_key_file = "master.key"
"""


@dataclass
class World:
    """Everything that a journey walks through."""

    exchange: LocalExchange
    chat: LocalChat
    service: Service
    http: httpx.AsyncClient
    market: httpx.AsyncClient
    people: dict[int, Person] = field(default_factory=dict)

    def person(self, user: int = OPERATOR) -> Person:
        return self.people.setdefault(user, Person(self.http, user))

    async def books(self) -> dict[str, Any]:
        """The exchange's own state."""
        return (await self.market.get("/sandbox/state")).raise_for_status().json()

    async def fault(self, **what: Any) -> None:
        (await self.market.post("/sandbox/faults", json=what)).raise_for_status()


@asynccontextmanager
async def world(
    folder: Path, *, speed: float = 60.0, seed: int = 1, data: Sequence[str] = ()
) -> AsyncIterator[World]:
    """Both servers up and a configured service that is not started yet."""
    account = DemoAccount(key=KEY, secret=SECRET, balances={"USDT": Decimal(10000)})
    exchange = LocalExchange(
        ExchangeOptions(port=0, seed=seed, speed=speed, data=tuple(data), accounts=(account,))
    )
    chat = LocalChat(ChatOptions(port=0, token=TOKEN))
    await exchange.start()
    await chat.start()
    new_master_key(folder / "master.key")
    text = _CONFIG.format(
        token=TOKEN, chat_url=chat.base_url, chat_file_url=chat.base_file_url,
        operator=OPERATOR, exchange_url=exchange.url, speed=speed,
    )  # fmt: skip
    (folder / "skipper.toml").write_text(text)
    service = Service(folder)
    async with (
        httpx.AsyncClient(base_url=chat.url, trust_env=False) as http,
        httpx.AsyncClient(base_url=exchange.url, trust_env=False) as market,
    ):
        try:
            yield World(exchange, chat, service, http, market)
        finally:
            await service.stop()
            await chat.stop()
            await exchange.stop()
