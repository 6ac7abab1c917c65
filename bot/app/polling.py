"""Polling: updates from Telegram, for ever, whatever it answers.

The library's own poller ends for good, and silently, when Telegram refuses the token once, and
never gets past an update that it cannot read. This one goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest
from typing_extensions import override

from bot.app.inbox import WANTED
from bot.delivery.refusals import told
from bot.post import Flooded
from engine.ports.clock import Clock

_GRACE = 20.0  # above every timeout of the request itself
_log = structlog.get_logger("chat.polling")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Real seconds: how long one poll waits, and the pauses after failures, doubling."""

    poll: int = 30
    first_pause: float = 1.0
    longest_pause: float = 30.0


class UpdateRequest(HTTPXRequest):
    """Answers of polls in which each update that the library cannot read is emptied."""

    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> Any:
        """The answer as JSON; raises TelegramError when it is none."""
        body = HTTPXRequest.parse_json_payload(payload)
        updates = body.get("result")
        if isinstance(updates, list):
            body["result"] = [_readable(update) for update in updates]
        return body


class Poller:
    """Hands every update to ``take``; ``recovered`` is called when Telegram is there (again)."""

    def __init__(
        self,
        bot: ExtBot[None],
        take: Callable[[Update], Awaitable[None]],
        recovered: Callable[[], None],
        clock: Clock,
        rhythm: Rhythm,
    ) -> None:
        self._bot = bot
        self._take = take
        self._recovered = recovered
        self._clock = clock
        self._rhythm = rhythm
        self._offset = 0
        self._failures = 0
        self._good_at: float | None = None
        self.conflicts = 0
        self.refusals = 0

    @property
    def age(self) -> float | None:
        """Real seconds since the last good poll; None when there was none."""
        if self._good_at is None:
            return None
        return asyncio.get_running_loop().time() - self._good_at

    @property
    def well(self) -> bool:
        """Whether Telegram answered the last time."""
        return self._good_at is not None and not self._failures

    async def greet(self) -> None:
        """Prepare polling, as often as it takes: who are we, and no webhook in the way."""
        while True:
            try:
                await self._bot.initialize()
                await self._bot.delete_webhook()
            except TelegramError as error:
                await self._clock.sleep_real(self._trouble(error))
            else:
                self._failures = 0
                return

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            try:
                async with asyncio.timeout(self._rhythm.poll + _GRACE):
                    updates = await self._poll(self._rhythm.poll)
            except (TelegramError, TimeoutError) as error:
                await self._clock.sleep_real(self._trouble(error))
                continue
            self._good()
            for update in updates:
                await self._take(update)
                self._offset = update.update_id + 1

    async def confirm(self) -> None:
        """Tell Telegram what was taken, so that the next start does not get it again."""
        if not self._offset or not self.well:
            return
        try:
            await self._poll(0)
        except TelegramError as error:
            _log.warning("the last updates will come again", why=str(told(error)))

    async def _poll(self, seconds: int) -> tuple[Update, ...]:
        return await self._bot.get_updates(
            offset=self._offset, timeout=timedelta(seconds=seconds), allowed_updates=WANTED
        )

    def _good(self) -> None:
        if self._failures or self._good_at is None:
            _log.info("Telegram answers")
            self._recovered()
        self._failures = 0
        self._good_at = asyncio.get_running_loop().time()

    def _trouble(self, error: TelegramError | TimeoutError) -> float:
        """Log a failure in plain words; real seconds to wait."""
        pause = min(self._rhythm.longest_pause, self._rhythm.first_pause * 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)
        match error:
            case Conflict():
                self.conflicts += 1
                _log.error(
                    "another program reads this bot's messages: stop the other Skipper, or revoke"
                    " the token at @BotFather if there is none",
                    count=self.conflicts,
                )
            case InvalidToken():
                self.refusals += 1
                _log.error(
                    "Telegram refuses the bot token: check it, or make a new one at @BotFather;"
                    " trading goes on without the chat",
                    count=self.refusals,
                )
            case RetryAfter():
                wait = told(error)
                pause = wait.seconds if isinstance(wait, Flooded) else pause
                _log.warning("Telegram asks for a pause", seconds=pause)
            case TelegramError():
                _log.warning("Telegram cannot be reached", why=str(told(error)), pause=pause)
            case _:
                _log.warning("Telegram did not answer a poll", pause=pause)
        return pause


def _readable(raw: Any) -> Any:
    """The update, or just its number when the library cannot read it."""
    try:
        Update.de_json(dict(raw), None)
    except Exception:  # noqa: BLE001 - the boundary: whatever the library raises on it
        number = raw.get("update_id") if isinstance(raw, dict) else None
        _log.exception("an update cannot be read and is skipped", update=number)
        return {"update_id": number}
    return raw
