"""The chat with screens made for tests, and what people see of it."""

import asyncio
import contextlib

import httpx

from bot.actions import Action, encode, rev_of
from bot.alerts import Pauses
from bot.app.chat import Chat, ChatSettings, Content
from bot.app.polling import Rhythm
from bot.dispatch import Table
from bot.sandbox.server import ChatOptions, LocalChat
from bot.screen import Button, Screen
from bot.screens import account as registration
from bot.texts import Texts
from engine.core.errors import Conflict, InvalidValue, Stale
from engine.core.events import Alert, AlertKind
from engine.runtime.nursery import Nursery
from tests.contract.sandbox.wire import Person
from tests.fakes.office import TRADER, account_of

TOKEN = "4200042:" + "T" * 35
FAST = {
    "rhythm": Rhythm(poll=2, first_pause=0.05, longest_pause=0.2),
    "pauses": Pauses(look=0.1, first=0.05, most=0.2),
}


class Stage:
    """Screens that remember what was asked of them; ``hold`` keeps slow ones waiting."""

    def __init__(self):
        self.count = 0
        self.log = []
        self.hold = asyncio.Event()

    def table(self):
        screens = {
            ("x", "count"): self._count,
            ("x", "slow"): self._slow,
            ("x", "fail"): self._fail,
            ("x", "conflict"): self._conflict,
            ("x", "invalid"): self._invalid,
            ("x", "broken"): self._broken,
        }
        commands = {"/start": self._start, "/slow": self._slow}
        return Table(screens, commands, self._typed)

    def card(self):
        verbs = ("count", "slow", "fail", "conflict", "invalid", "broken")
        rev = rev_of(self.count)
        row = tuple(Button(verb, encode(Action("x", verb, "", rev))) for verb in verbs)
        return Screen(f"<b>Count</b> {self.count}", (row,))

    async def _start(self, _ctx, _argument):
        return self.card()

    async def _count(self, _ctx, action):
        if action.rev != rev_of(self.count):
            raise Stale("count")
        self.count += 1
        await asyncio.sleep(0)
        return self.card()

    async def _slow(self, ctx, _what):
        self.log.append(("slow", ctx.person.telegram_id))
        await self.hold.wait()
        return Screen("slow done", toast="done")

    async def _fail(self, _ctx, _action):
        raise RuntimeError("a bug with 4200042:" + "T" * 35)

    async def _conflict(self, _ctx, _action):
        raise Conflict("conflict.running")

    async def _invalid(self, _ctx, _action):
        raise InvalidValue("size", "3", "range", low="5", high="10", unit="")

    async def _broken(self, _ctx, _action):
        return Screen("half a <b>tag & more")

    async def _typed(self, ctx, text):
        self.log.append((text, ctx.person.telegram_id))
        if text.startswith("wrong"):
            raise InvalidValue("key", text, "choice", choices="right")
        return Screen(f"heard {len(text)}", forget_input=text.startswith("secret"))


class House:
    """The chat at a local Telegram."""

    def __init__(self, telegram, office, **settings):
        self.telegram, self.office, self.stage = telegram, office, Stage()
        self.nursery, self.wake = Nursery(), asyncio.Event()
        self.texts = Texts()
        self._settings = FAST | settings
        self.http = httpx.AsyncClient(base_url=telegram.url, trust_env=False, timeout=15)

    async def open(self):
        self.trader = await account_of(self.office)
        self.start()
        return self

    def start(self, **content):
        from bot.views.alerts import draw

        parts = {
            "texts": self.texts,
            "table": self.stage.table(),
            "register": registration.start,
            "draw": draw,
        }
        self.chat = Chat(
            ChatSettings(
                TOKEN, self.telegram.base_url, self.telegram.base_file_url, **self._settings
            ),
            Content(**(parts | content)),
            self.office,
            self.nursery,
            self.wake,
        )
        self.nursery.supervise("chat frame", self.chat.run)

    async def close(self):
        self.stage.hold.set()
        await self.chat.stop()
        await self.nursery.close()
        await self.http.aclose()

    def person(self, user=TRADER):
        return Person(self.http, user)

    async def greeted(self, user=TRADER):
        """A person who sees the card; and the id of its message."""
        person = self.person(user)
        await person.post("/start")
        return person, (await person.read())["id"]

    async def fault(self, **values):
        response = await self.http.post("/sandbox/faults", json=values)
        assert response.status_code == 200, response.text

    async def calls(self, *methods):
        calls = (await self.http.get("/sandbox/log")).json()["calls"]
        return [call for call in calls if call["method"] in methods]

    async def alert(self, dedup, account=None, **changes):
        """Put an alert into the outbox and say so."""
        owner = (account or self.trader).id
        parts = {"params": {"text": f"news {dedup}"}} | changes
        async with self.office.storage.system() as unit:
            await unit.outbox.add(
                Alert(owner, AlertKind.NOTICE, dedup, **parts), self.office.clock.now_ms()
            )
            await unit.commit()
        self.wake.set()

    async def outbox_depth(self):
        async with self.office.storage.reading() as unit:
            return await unit.outbox.depth()


async def reborn(telegram, *known):
    """A new local Telegram where a stopped one was; ``known`` people have started the bot."""
    fresh = LocalChat(ChatOptions(token=TOKEN, port=telegram.port))
    for user in known:
        fresh.world.chat(user).person.started = True
    await fresh.start()
    return fresh


async def toasts(person, count):
    """The next ``count`` toasts of a person."""
    return await _gather(person, count, lambda view: view["toasts"])


async def texts(person, count):
    """The texts of the next ``count`` messages."""
    return await _gather(
        person, count, lambda view: [message["text"] for message in view["messages"]]
    )


async def _gather(person, count, pick):
    seen = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(8):
            while len(seen) < count:
                seen += pick(await person.look())
    return seen


async def until(condition):
    """Wait for something that no event tells, such as a row."""
    async with asyncio.timeout(10):
        while not await condition():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    await asyncio.Event().wait()
