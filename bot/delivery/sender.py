"""Delivery: sends, edits and deletes messages, and says what came of it."""

import html
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.constants import CallbackQueryLimit, MessageLimit, ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.delivery.gate import Gate, Priority
from bot.delivery.refusals import Flaw, flaw, told
from bot.post import Flooded, MaybeDelivered, NotDelivered, PostError, Unreachable
from bot.screen import Screen

_PATIENCE = 15.0
_TAG = re.compile(r"<[^>]*>")
_log = structlog.get_logger("chat.delivery")

T = TypeVar("T")
OnUnreachable = Callable[[int], Awaitable[None]]


class Delivery:
    """The chat's outgoing side.

    ``unreachable`` is told the chat id of a person who can no longer be written to.
    """

    def __init__(self, bot: ExtBot[None], gate: Gate, unreachable: OnUnreachable) -> None:
        self._bot = bot
        self._gate = gate
        self._unreachable = unreachable
        self._redraws: dict[tuple[int, int], Screen] = {}

    async def answer(self, query_id: str, toast: str = "", *, alert: bool = False) -> None:
        """Answer a tap; a tap too old to be answered is none of our business any more."""
        words = toast[: CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH] or None
        try:
            await self._bot.answer_callback_query(query_id, words, show_alert=alert)
        except TelegramError as error:
            if not (isinstance(error, BadRequest) and flaw(error) is Flaw.NONE_NEEDED):
                _log.warning("a tap was not answered", why=str(told(error)))

    async def show(self, chat_id: int, screen: Screen, *, tapped: int | None = None) -> int | None:
        """Answer a person: edit the ``tapped`` message, or send a new one; raises ``PostError``.

        Returns the id of the message that shows the screen, None when the screen has no text.
        It is tried twice where that cannot show anything twice, and the wait is short.
        """
        if not screen.text:
            return None
        edits = tapped is not None and not screen.fresh
        try:
            return await self._show(chat_id, screen, tapped)
        except PostError as error:
            if not _worth_another(error, edits=edits):
                raise
            return await self._show(chat_id, screen, tapped)

    async def answers(self) -> bool:
        """Whether Telegram answers at all; shows nothing to anybody."""
        try:
            await self._bot.get_me()
        except TelegramError:
            return False
        return True

    async def send_alert(self, chat_id: int, screen: Screen) -> int:
        """Send a new message that nobody asked for; raises ``PostError``."""
        return await self._send(chat_id, screen, Priority.ALERT)

    async def redraw(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """Bring a card up to date; of several redraws that wait, only the latest is made."""
        key = (chat_id, message_id)
        waits = key in self._redraws
        self._redraws[key] = screen
        if waits:
            return
        try:
            await self._gate.turn(chat_id, Priority.CARD, edit=True)
        finally:
            latest = self._redraws.pop(key)
        try:
            await self._call(chat_id, self._edit_call(chat_id, message_id, latest))
        except (BadRequest, PostError) as error:
            _log.info("a card was not redrawn", chat=chat_id, why=str(error))

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Delete a message; whether it is gone."""
        try:
            await self._bot.delete_message(chat_id, message_id)
        except TelegramError as error:
            _log.warning("a message was not deleted", chat=chat_id, why=str(told(error)))
            return False
        return True

    async def _show(self, chat_id: int, screen: Screen, tapped: int | None) -> int:
        if tapped is not None and not screen.fresh:
            try:
                await self._edit(chat_id, tapped, screen)
            except BadRequest as error:
                if flaw(error) is not Flaw.MESSAGE_GONE:
                    raise told(error) from error
            else:
                return tapped
        return await self._send(chat_id, screen, Priority.REPLY)

    async def _edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        await self._gate.turn(chat_id, Priority.REPLY, edit=True)
        try:
            await self._call(chat_id, self._edit_call(chat_id, message_id, screen))
        except BadRequest as error:
            meaning = flaw(error)
            if meaning is Flaw.MARKUP:
                _log.error("a screen's markup was refused", why=str(error))
                plain = self._edit_call(chat_id, message_id, _plain(screen), parse_mode=None)
                await self._call(chat_id, plain)
            elif meaning is not Flaw.NONE_NEEDED:
                raise

    async def _send(self, chat_id: int, screen: Screen, priority: Priority) -> int:
        await self._gate.turn(chat_id, priority)
        try:
            try:
                sent = await self._call(chat_id, self._send_call(chat_id, screen))
            except BadRequest as error:
                if flaw(error) is not Flaw.MARKUP:
                    raise
                _log.error("a screen's markup was refused", why=str(error))
                plain = self._send_call(chat_id, _plain(screen), parse_mode=None)
                sent = await self._call(chat_id, plain)
        except BadRequest as error:
            raise told(error) from error
        return sent.message_id

    async def _call(self, chat_id: int, request: Awaitable[T]) -> T:
        """Make a call; a BadRequest stays one, everything else becomes a ``PostError``."""
        try:
            return await request
        except BadRequest as error:
            if flaw(error) is Flaw.NOBODY:
                await self._unreachable(chat_id)
                raise told(error) from error
            raise
        except TelegramError as error:
            trouble = told(error)
            if isinstance(trouble, Flooded):
                self._gate.pause(chat_id, trouble.seconds)
            elif isinstance(trouble, Unreachable):
                await self._unreachable(chat_id)
            raise trouble from error

    async def _send_call(
        self, chat_id: int, screen: Screen, parse_mode: str | None = ParseMode.HTML
    ) -> Message:
        return await self._bot.send_message(
            chat_id,
            screen.text,
            parse_mode=parse_mode,
            reply_markup=_keyboard(screen),
            disable_notification=screen.silent,
            reply_to_message_id=screen.reply_to,
            allow_sending_without_reply=True if screen.reply_to else None,
        )

    async def _edit_call(
        self,
        chat_id: int,
        message_id: int,
        screen: Screen,
        parse_mode: str | None = ParseMode.HTML,
    ) -> None:
        await self._bot.edit_message_text(
            screen.text,
            chat_id,
            message_id,
            parse_mode=parse_mode,
            reply_markup=_keyboard(screen),
        )


def _worth_another(error: PostError, *, edits: bool) -> bool:
    """Whether to try again at once; an edit may be made twice, a message must not be."""
    if isinstance(error, Flooded):
        return error.seconds <= _PATIENCE
    return isinstance(error, NotDelivered) or (edits and isinstance(error, MaybeDelivered))


def _keyboard(screen: Screen) -> InlineKeyboardMarkup | None:
    if not screen.rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.text, callback_data=button.data) for button in row]
            for row in screen.rows
        ]
    )


def _plain(screen: Screen) -> Screen:
    """The screen without markup, cut to what a message may hold."""
    bare = html.unescape(_TAG.sub("", screen.text))
    return replace(screen, text=bare[: MessageLimit.MAX_TEXT_LENGTH])
