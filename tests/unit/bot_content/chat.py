"""A chat with the screens alone: taps by label, typed text, the last screen shown."""

import html
import re
from dataclasses import replace

from bot.actions import decode
from bot.dispatch import TABLE
from bot.screen import Person
from bot.screens.context import Context
from bot.screens.conversation import typed
from bot.texts import Texts
from bot.views.problems import words
from engine.core.errors import SkipperError

TEXTS = Texts()
WIDTH = 44


def plain(screen):
    return html.unescape(re.sub(r"<[^>]*>", "", screen.text))


def labels(screen):
    return [button.text for row in screen.rows for button in row]


class Chat:
    """One person before the bot. ``screen`` is what stands in the chat, ``toast`` the last one."""

    def __init__(self, office, account):
        person = Person(account.telegram_id, account.name)
        self.ctx = Context(office, TEXTS, account, person, account.telegram_id, 1)
        self.screen = None
        self.toast = ""

    @property
    def text(self):
        return plain(self.screen)

    @property
    def labels(self):
        return labels(self.screen)

    def button(self, label):
        for row in self.screen.rows:
            for button in row:
                if label in button.text:
                    return button.data
        raise AssertionError(f"no button {label!r} in {self.labels}")

    async def tap(self, label):
        return await self.press(self.button(label))

    async def press(self, data):
        action = decode(data)
        try:
            screen = await TABLE.screens[action.area, action.verb](self.ctx, action)
        except SkipperError as error:
            self.toast = words(error, TEXTS)
            return self
        self.toast = screen.toast
        self.screen = screen
        return self

    async def say(self, text):
        if text.startswith("/"):
            name, _, argument = text.partition(" ")
            self.screen = await TABLE.commands[name](self.ctx, argument)
        else:
            self.screen = await typed(self.ctx, text)
        return self

    def as_role(self, role):
        self.ctx = replace(self.ctx, account=replace(self.ctx.account, role=role))
        return self


async def bots_of(office, chat):
    """The bots of the person in the chat."""
    async with office.storage.reading(chat.ctx.account.id) as unit:
        return await unit.bots.all()
