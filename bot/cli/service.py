"""Service: one installation, started in order and stopped in reverse."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

import httpx
import structlog

from bot.app import Chat, ChatSettings
from bot.app.chat import Content
from bot.cli.claim import claimed
from bot.cli.places import exclusive, health_file
from bot.cli.wiring import House, Memory, build
from bot.dispatch import TABLE
from bot.screens import account
from bot.texts import Texts
from bot.views import alerts
from engine.core.bot_config import Environment
from engine.core.errors import Unavailable
from engine.runtime.health import write_health
from engine.runtime.nursery import Nursery
from engine.runtime.settings import Settings
from engine.services.office import Office
from storage.opening import check_canary, open_storage
from storage.vault import FernetVault, load_master_key

_log = structlog.get_logger("service")
_PART_ENDS = 10.0
_ENGINE_ENDS = 25.0
_CHAT_ANSWERS_END = 5.0
_REPORT_EVERY = 5.0
_LOOK_EVERY = 0.25
_FOLLOW_EVERY = 5.0
_TELEGRAM_ANSWERS = 3.0


class Service:
    """A running installation. ``say`` gets the few sentences that an operator waits for.

    ``ended`` tells why it must end by itself: another service may take the database over, or
    what is decided can not be written down any more.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._exit = AsyncExitStack()
        self._house: House | None = None
        self._chat: Chat | None = None
        self._office: Office | None = None
        self._ready = False
        self.ended: asyncio.Queue[str] = asyncio.Queue()

    @property
    def office(self) -> Office:
        """What services work with; there is one once ``start`` has returned."""
        if self._office is None:
            raise RuntimeError("the service has not been started")
        return self._office

    async def start(self) -> None:
        """Take the lock, recover, trade, then open the chat.

        Raises ConfigError, or ClickException when another process runs already.
        """
        self._exit.enter_context(exclusive(self._settings))
        nursery = Nursery()
        if self._settings.database.sqlite_path is None:
            claim = claimed(self._settings.database.url, self._claim_lost)
            nursery.start("claim", (await self._exit.enter_async_context(claim)).watch())
        memory = await self._memory()
        house = self._house = build(self._settings, memory, nursery, self.ended.put_nowait)
        self._exit.push_async_callback(_within, "connections", self._close_house, _PART_ENDS)
        self._exit.push_async_callback(_within, "engine", house.engine.stop, _ENGINE_ENDS)
        if self._settings.exchange.environment is Environment.LOCAL:
            nursery.supervise("follow the exchange's clock", self._follow)
        await house.engine.start()
        # What was loaded to start stays for ever: the collector need not walk it again and again.
        gc.freeze()
        self._look(house)
        if not self._ready:
            self._say(
                "the exchange does not answer in full yet: what it keeps back enters nothing"
            )
        nursery.supervise("health", self._report)
        await self._open_chat(house)

    async def stop(self) -> None:
        """End everything in order, each part within its bound."""
        await self._exit.aclose()

    def _claim_lost(self) -> None:
        self.ended.put_nowait("the claim on the database was lost, so nothing is traded")

    async def _memory(self) -> Memory:
        vault = FernetVault(load_master_key(self._settings.security.master_key_file))
        storage = await open_storage(self._settings.database.url)
        self._exit.push_async_callback(_within, "database", storage.close, _PART_ENDS)
        for warning in storage.warnings:
            _log.warning(warning)
        await check_canary(storage, vault)
        return Memory(storage, vault)

    async def _open_chat(self, house: House) -> None:
        telegram = self._settings.telegram
        token = self._settings.token.get_secret_value()
        name = await _bot_username(telegram.base_url + token)
        if not name:
            self._say("the chat cannot be reached, trying on")
        self._office = house.office(name)
        settings = ChatSettings(token, telegram.base_url, telegram.base_file_url)
        content = Content(Texts(), TABLE, account.start, alerts.draw)
        chat = self._chat = Chat(
            settings, content, self._office, house.nursery, house.nudges.outbox_due
        )
        house.nursery.supervise("telegram", chat.run)
        self._exit.push_async_callback(_within, "chat", self._close_chat, 3 * _PART_ENDS)

    async def _close_chat(self) -> None:
        if self._chat is not None:
            await self._chat.stop(_CHAT_ANSWERS_END)

    async def _close_house(self) -> None:
        house = self._house
        if house is not None:
            await house.nursery.close()
            await house.engine.close()
            await house.broker.close()
            await house.connection.close()

    async def _follow(self) -> None:
        """A fast local exchange may slow down: its time is asked for often."""
        while self._house is not None:
            await asyncio.sleep(_FOLLOW_EVERY)
            try:
                await self._house.followed.measure()
                async with asyncio.timeout(_FOLLOW_EVERY):
                    await self._house.connection.futures_clock.refresh()
            except (Unavailable, TimeoutError) as error:
                _log.warning("the exchange's clock was not measured", why=str(error))

    async def _report(self) -> None:
        """Write the health file for ever."""
        while self._house is not None:
            self._look(self._house)
            await asyncio.sleep(_REPORT_EVERY if self._ready else _LOOK_EVERY)

    def _look(self, house: House) -> None:
        """Say once when everything is reconciled, and write down how things are."""
        health = house.engine.insight.health()
        well = health.reconciled and house.followed.ok
        if well and not self._ready:
            self._ready = True
            self._say("reconciled and trading")
        chat = asdict(self._chat.health) if self._chat else None
        facts = {**asdict(health), "reconciled": well, "chat": chat, "pid": os.getpid()}
        write_health(health_file(self._settings), facts)


@asynccontextmanager
async def running(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Service]:
    """A service, started and stopped."""
    service = Service(settings, say)
    try:
        await service.start()
        try:
            yield service
        finally:
            say("stopping")
    finally:
        await service.stop()


async def _within(name: str, end: Callable[[], Awaitable[None]], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await end()
    except TimeoutError:
        _log.error("a part did not end in time", part=name, seconds=seconds)
    except Exception:  # noqa: BLE001 - the boundary: the other parts must be ended too
        _log.exception("a part did not end well", part=name)


async def _bot_username(api: str) -> str:
    """The bot's name in Telegram, empty when it does not answer at once."""
    try:
        async with httpx.AsyncClient(timeout=_TELEGRAM_ANSWERS, trust_env=False) as client:
            answer = (await client.get(f"{api}/getMe")).json()
            return str(answer["result"]["username"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""
