"""Dispatch: THE TABLE from what a person did to the function that draws the answer."""

import html
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

import structlog

from bot.actions import Action, decode
from bot.screen import Said, Screen
from bot.screens import (
    account,
    analyses,
    bots,
    checks,
    conversation,
    home,
    keys,
    limits,
    panic,
    positions,
    statistics,
    trades,
    wizard,
)
from bot.screens.context import Context
from bot.views import buttons
from bot.views.problems import words
from bot.wizard.typed import looks_secret
from engine.core.errors import IllegalEvent, SkipperError

ScreenFunction = Callable[[Context, Action], Awaitable[Screen]]
CommandFunction = Callable[[Context, str], Awaitable[Screen]]
TypedFunction = Callable[[Context, str], Awaitable[Screen]]

LATE_SECONDS = 60
_TAG = re.compile(r"<[^>]*>")
_Key = TypeVar("_Key")
_Function = TypeVar("_Function")
_log = structlog.get_logger("chat.dispatch")


@dataclass(frozen=True, slots=True)
class Table:
    """``screens`` by (area, verb) of a button, ``commands`` by name with its slash.

    ``typed`` takes any other text: the answer to the conversation in progress, if there is one.
    """

    screens: Mapping[tuple[str, str], ScreenFunction]
    commands: Mapping[str, CommandFunction]
    typed: TypedFunction

    async def press(self, ctx: Context, data: str, ref: str) -> Screen:
        """The answer to a tap; whatever goes wrong becomes a pop-up that names it."""
        action = decode(data)
        function = self.screens.get((action.area, action.verb)) if action else None
        if action is None or function is None:
            return _toast(ctx.texts.say("chat.unknown_button"))
        try:
            return await function(ctx, action)
        except Exception as error:  # noqa: BLE001 - the boundary: told in words, or by number
            return _toast(_told(ctx, error, ref))

    async def said(self, ctx: Context, said: Said, age: float, ref: str) -> Screen:
        """The answer to a message written ``age`` seconds ago.

        Late messages open screens, and answer nothing: what they answered may have changed.
        """
        name, _, argument = said.text.strip().partition(" ")
        try:
            if not name.startswith("/"):
                if age > LATE_SECONDS:
                    minutes = ctx.texts.plain("chat.minutes", n=round(age / 60))
                    return _line(ctx, ctx.texts.say("chat.late", minutes=minutes))
                return await self.typed(ctx, said.text)
            command = self.commands.get(name.partition("@")[0].lower())
            if command is None and looks_secret(said.text):
                return await self.typed(ctx, said.text)
            if command is None:
                return _line(ctx, ctx.texts.say("chat.unknown_command", command=name[:40]))
            return await command(ctx, argument.strip())
        except Exception as error:  # noqa: BLE001 - the boundary: told in words, or by number
            return _line(ctx, _told(ctx, error, ref))


def merge(modules: Iterable[ModuleType], typed: TypedFunction) -> Table:
    """One table of all modules' ``ACTIONS`` and ``COMMANDS``; raises ValueError on a double."""
    screens: dict[tuple[str, str], ScreenFunction] = {}
    commands: dict[str, CommandFunction] = {}
    for module in modules:
        _add(screens, getattr(module, "ACTIONS", {}), module)
        _add(commands, getattr(module, "COMMANDS", {}), module)
    return Table(screens, commands, typed)


def _add(table: dict[_Key, _Function], more: Mapping[_Key, _Function], module: ModuleType) -> None:
    doubles = table.keys() & more.keys()
    if doubles:
        raise ValueError(f"{module.__name__} defines again: {sorted(map(str, doubles))}")
    table.update(more)


def _told(ctx: Context, error: Exception, ref: str) -> str:
    """What the person reads of an error, HTML; the log has what we must know, under ``ref``."""
    if isinstance(error, SkipperError) and not isinstance(error, IllegalEvent):
        # Never its words: they quote what was typed, which may be a secret.
        _log.info("refused", ref=ref, person=ctx.person.telegram_id, error=type(error).__name__)
        return words(error, ctx.texts)
    _log.error("an answer failed", ref=ref, person=ctx.person.telegram_id, exc_info=error)
    return ctx.texts.say("error.internal", ref=ref)


def _toast(sentence: str) -> Screen:
    """A pop-up; the message with its buttons stays as it is."""
    return Screen("", toast=html.unescape(_TAG.sub("", sentence)), alert=True)


def _line(ctx: Context, sentence: str) -> Screen:
    """A new message with the way home."""
    return Screen(sentence, ((buttons.home(ctx.texts),),))


_MODULES = (
    account,
    analyses,
    bots,
    checks,
    home,
    keys,
    limits,
    panic,
    positions,
    statistics,
    trades,
    wizard,
)
TABLE = merge(_MODULES, conversation.typed)
"""Every button and command of the product."""
