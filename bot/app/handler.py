"""Handler: one update from Telegram to the screen that answers it."""

import asyncio
import html
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog
from telegram import Update

from bot.alerts import Alerts
from bot.app.answer import Answer
from bot.app.following import Following
from bot.app.inbox import Elsewhere, Item, Reach, read
from bot.buckets import Seen
from bot.delivery import Delivery
from bot.dispatch import Table
from bot.guard import Guard, Haste, set_reachable
from bot.post import PostError
from bot.screen import Person, Press, Said, Screen
from bot.screens.context import Context
from bot.texts import Texts
from bot.wizard.typed import looks_secret
from engine.core.account import Account
from engine.runtime.nursery import Nursery
from engine.services.office import Office

_DIGITS = string.digits + string.ascii_uppercase
_log = structlog.get_logger("chat.handler")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a handler works with; ``wall_ms`` is the computer's time, to compare with Telegram's.

    After ``patience`` real seconds a tap is answered, whether or not its screen is ready.
    """

    office: Office
    texts: Texts
    table: Table
    guard: Guard
    delivery: Delivery
    alerts: Alerts
    nursery: Nursery
    wall_ms: Callable[[], int]
    patience: float = 1.0


class Handler:
    """Takes updates; nothing that goes wrong here ever leaves."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._strange_chats = Seen()
        self._following = Following(parts.delivery, parts.nursery)

    async def handle(self, update: Update) -> None:
        """Answer one update."""
        item, ref = read(update), _reference(update.update_id)
        try:
            await self._handle(item, ref)
        except PostError as error:
            _log.warning("an answer did not arrive", ref=ref, why=str(error))
        except Exception:  # noqa: BLE001 - the boundary: a bug in one answer ends that answer
            _log.exception("an update was not handled", ref=ref)

    async def dropped(self, update: Update) -> None:
        """A person sends more than can wait in line."""
        await self._refuse(read(update), "chat.busy")

    async def _handle(self, item: Item | None, ref: str) -> None:
        match item:
            case Reach():
                await self._reach(item)
            case Elsewhere():
                if self._strange_chats.first(item.chat_id):
                    await self._line(item.chat_id, "chat.private_only")
            case Press() | Said():
                await self._act(item, ref)
            case None:
                return

    async def _act(self, item: Press | Said, ref: str) -> None:
        parts, now = self._parts, asyncio.get_running_loop().time()
        haste = parts.guard.haste(item.person, now)
        if haste is not Haste.FINE:
            await self._refuse(item, "chat.slow_down" if haste is Haste.FIRST_TIME else "")
            return
        words = item.text if isinstance(item, Said) else ""
        query = item.query_id if isinstance(item, Press) else ""
        async with Answer(parts.delivery, query, parts.nursery, parts.patience) as answer:
            admission = await parts.guard.admit(item.person, words, now)
            if admission.screen is not None or admission.account is None:
                await answer.give()
                if admission.screen is not None:
                    await parts.delivery.show(item.chat_id, admission.screen)
                return
            parts.alerts.resume(admission.account.id)
            match item:
                case Press():
                    await self._press(item, admission.account, answer, ref)
                case Said():
                    await self._said(item, admission.account, ref)

    async def _press(self, press: Press, account: Account, answer: Answer, ref: str) -> None:
        self._following.end(press.chat_id, press.message_id)
        context = self._context(account, press.person, press.chat_id, press.message_id)
        screen = await self._parts.table.press(context, press.data, ref)
        told = await answer.give(screen.toast, alert=screen.alert)
        if not told and screen.toast and not screen.text:
            screen = replace(screen, text=html.escape(screen.toast, quote=False), fresh=True)
        shown = await self._parts.delivery.show(press.chat_id, screen, tapped=press.message_id)
        if shown is not None and screen.again:
            redraw = partial(self._parts.table.press, context, ref=ref)
            self._following.begin(press.chat_id, shown, screen, redraw)

    async def _said(self, said: Said, account: Account, ref: str) -> None:
        """A secret is deleted before anything is done with it."""
        secret = looks_secret(said.text)
        deleted = secret and await self._parts.delivery.delete(said.chat_id, said.message_id)
        context = self._context(account, said.person, said.chat_id, said.message_id)
        age = self._parts.wall_ms() / 1000 - said.at
        screen = await self._parts.table.said(context, said, age, ref)
        if screen.forget_input and not deleted:
            deleted = await self._parts.delivery.delete(said.chat_id, said.message_id)
        if (secret or screen.forget_input) and not deleted:
            warning = self._parts.texts.say("chat.secret_stays")
            screen = replace(screen, text=f"{warning}\n\n{screen.text}".strip())
        await self._parts.delivery.show(said.chat_id, screen)

    async def _reach(self, reach: Reach) -> None:
        account = await set_reachable(
            self._parts.office, reach.telegram_id, reachable=reach.reachable
        )
        if account is not None and reach.reachable:
            self._parts.alerts.resume(account.id)

    async def _refuse(self, item: Item | None, key: str) -> None:
        """Turn somebody away: a tap gets its answer, a message a line, "" says nothing."""
        words = self._parts.texts.plain(key) if key else ""
        if isinstance(item, Press):
            await self._parts.delivery.answer(item.query_id, words)
        elif isinstance(item, Said) and words:
            await self._line(item.chat_id, key)

    async def _line(self, chat_id: int, key: str) -> None:
        try:
            await self._parts.delivery.show(chat_id, Screen(self._parts.texts.say(key)))
        except PostError as error:
            _log.info("a line did not arrive", chat=chat_id, why=str(error))

    def _context(self, account: Account, person: Person, chat_id: int, message_id: int) -> Context:
        parts = self._parts
        return Context(parts.office, parts.texts, account, person, chat_id, message_id)


def _reference(update_id: int) -> str:
    """What a person and the log call one update: ``E`` and its number in base 36."""
    digits = ""
    while update_id:
        update_id, digit = divmod(update_id, 36)
        digits = _DIGITS[digit] + digits
    return f"E{digits or 0}"
