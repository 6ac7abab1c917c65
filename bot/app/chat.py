"""Chat: the life of the Telegram side; the engine never waits for it and never fails by it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from telegram import BotCommand, LinkPreviewOptions, Update
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import Application, Defaults, ExtBot, TypeHandler
from telegram.request import HTTPXRequest

from bot.alerts import Alerts, Draw, Pauses
from bot.app.handler import Handler, Parts
from bot.app.health import ChatHealth
from bot.app.polling import Poller, Rhythm, UpdateRequest
from bot.app.turns import Turns
from bot.delivery import Delivery
from bot.delivery.gate import Gate, Limits
from bot.delivery.refusals import told
from bot.dispatch import Table
from bot.guard import Guard, Pace, Registration, set_reachable
from bot.texts import Texts
from engine.runtime.clock import wall_ms
from engine.runtime.nursery import Nursery
from engine.runtime.observe import redactor
from engine.services.office import Office

_POOL = 64
_POLL_POOL = 4  # an aborted poll may keep its connection for a while
_HANDLERS_END = 20.0
_CONFIRM_END = 5.0
_FLUSH_END = 10.0
_log = structlog.get_logger("chat")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Where Telegram is and how to treat it; everything but the address has a good default."""

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    rhythm: Rhythm = field(default_factory=Rhythm)
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    pauses: Pauses = field(default_factory=Pauses)
    wall_ms: Callable[[], int] = wall_ms


@dataclass(frozen=True, slots=True)
class Content:
    """What the chat shows: texts, the table of screens, who may come in, how alerts look."""

    texts: Texts
    table: Table
    register: Registration
    draw: Draw


class Chat:
    """One bot in Telegram.

    ``wake`` is the event that the engine sets when an alert is due. ``run`` is a service for the
    nursery; ``stop`` ends it in order, and is called before the nursery closes.
    """

    def __init__(
        self,
        settings: ChatSettings,
        content: Content,
        office: Office,
        nursery: Nursery,
        wake: asyncio.Event,
    ) -> None:
        redactor.register(settings.token)
        self._content = content
        self._nursery = nursery
        self._office = office
        self._requests = _requests()
        bot = _bot(settings, *self._requests)
        self._gate = Gate(settings.limits)
        delivery = Delivery(bot, self._gate, self._unreachable)
        words = (content.texts, content.draw)
        rows = (office.storage, office.clock)
        self.alerts = Alerts(*rows, *words, delivery, nursery, wake, settings.pauses)
        guard = Guard(office, content.texts, content.register, settings.pace)
        answering = (guard, delivery, self.alerts, nursery, settings.wall_ms)
        self._handler = Handler(Parts(office, content.texts, content.table, *answering))
        self._turns = Turns(self._handler.dropped)
        self._application = self._built(bot)
        self._bot = bot
        self._poller = Poller(
            bot,
            self._application.update_queue.put,
            self.alerts.resume,
            office.clock,
            settings.rhythm,
        )
        self._services: list[asyncio.Task[None]] = []
        self._stopped = False

    @property
    def health(self) -> ChatHealth:
        """How the chat does now."""
        poller = self._poller
        return ChatHealth(poller.age, poller.conflicts, poller.refusals, self._gate.flood_count)

    async def run(self) -> None:
        """Listen and deliver until cancelled; after ``stop`` it only waits for that."""
        if not self._stopped:
            self._services = [
                self._nursery.supervise("chat", self._listen),
                self._nursery.supervise("alerts", self.alerts.run),
            ]
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.stop(seconds=0.0)

    async def stop(self, seconds: float = _HANDLERS_END) -> None:
        """Stop listening, let answers under way end, send due alerts, close the connections.

        Answers get ``seconds``, alerts at most ten.
        """
        if self._stopped:
            return
        self._stopped = True
        await _ended(self._services[:1])
        await self._end_handlers(seconds)
        patience = _FLUSH_END if self._poller.well else 0.0
        if not await self.alerts.flush(min(seconds, patience)):
            _log.warning("alerts are left for the next start")
        await _ended(self._services[1:])
        await self._application.shutdown()
        for request in self._requests:
            await request.shutdown()

    async def _listen(self) -> None:
        await self._poller.greet()
        if not self._application.running:
            await self._application.initialize()
            await self._application.start()
        await self._menu()
        _log.info("the chat listens")
        await self._poller.run()

    async def _menu(self) -> None:
        """Tell Telegram which commands to offer, in the catalogue's order."""
        texts, commands = self._content.texts, self._content.table.commands
        menu = [
            BotCommand(name, texts.plain(f"command.{name}"))
            for name in texts.names("command")
            if f"/{name}" in commands
        ]
        try:
            await self._bot.set_my_commands(menu)
        except TelegramError as error:
            _log.warning("the command menu was not set", why=str(told(error)))

    async def _end_handlers(self, seconds: float) -> None:
        if not self._application.running:
            return
        try:
            async with asyncio.timeout(_CONFIRM_END):
                await self._poller.confirm()
        except TimeoutError:
            _log.warning("the last updates will come again", why="Telegram does not answer")
        try:
            async with asyncio.timeout(seconds):
                await self._application.stop()
        except TimeoutError:
            _log.warning("answers were cut off", count=self._turns.cancel())

    async def _unreachable(self, chat_id: int) -> None:
        """In a private chat, the chat's id is the person's."""
        if await set_reachable(self._office, chat_id, reachable=False) is not None:
            _log.warning("a person cannot be written to", person=chat_id)

    def _built(self, bot: ExtBot[None]) -> Any:
        application = (
            Application.builder()
            .bot(bot)
            .updater(None)
            .job_queue(None)
            .concurrent_updates(self._turns)
            .build()
        )

        async def handle(update: Update, _context: object) -> None:
            await self._handler.handle(update)

        application.add_handler(TypeHandler(Update, handle))
        return application


def _requests() -> tuple[HTTPXRequest, HTTPXRequest]:
    """Connections for calls and for polls; proxies of the environment are not used."""
    timeouts = {"connect_timeout": 5.0, "read_timeout": 10.0, "write_timeout": 10.0}
    common: dict[str, Any] = {
        "pool_timeout": 5.0,
        "media_write_timeout": 30.0,
        "httpx_kwargs": {"trust_env": False},
        **timeouts,
    }
    return HTTPXRequest(_POOL, **common), UpdateRequest(_POLL_POOL, **common)


def _bot(settings: ChatSettings, calls: HTTPXRequest, polls: HTTPXRequest) -> ExtBot[None]:
    return ExtBot(
        settings.token,
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        request=calls,
        get_updates_request=polls,
        defaults=Defaults(
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
    )


async def _ended(services: Sequence[asyncio.Task[None]]) -> None:
    for service in services:
        service.cancel()
    await asyncio.gather(*services, return_exceptions=True)
