"""The whole service against people who mean it badly, or have bad luck: few runs, many tries."""

import asyncio
import base64
import json
import re
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from tests.journeys.steps import add_key, start_bot
from tests.journeys.world import KEY, SECRET, TOKEN, world

pytestmark = pytest.mark.journey
SPEED = 600.0
ANN, EVE, TOM = 7, 8, 9
OTHER_KEY, OTHER_SECRET = "Q" * 64, "R" * 64
OUTAGES = (
    {"what": "drop_before"},
    {"what": "401"},
    {"what": "429", "retry_after": 1},
    {"what": "accept_then_drop", "method": "sendMessage"},
)


@asynccontextmanager
async def house(folder, *, level="info", speed=SPEED):
    """A running service with its operator in it."""
    async with world(folder, speed=speed) as w:
        config = folder / "skipper.toml"
        config.write_text(config.read_text() + f'\n[log]\nlevel = "{level}"\n')
        await w.service.start()
        assert "Welcome" in (await reply(w.person(), "/start"))["text"]
        yield w


async def reply(person, text):
    """Say something; the first new message that answers it."""
    mine = await person.say(text)
    return await person.sees(lambda m: m["id"] > mine, what=f"an answer to {text[:20]!r}")


async def joined(w, user, role="trader"):
    """Somebody with an account of their own."""
    link = (await reply(w.person(), f"/invite {role}"))["text"]
    guest = w.person(user)
    assert (
        "Welcome" in (await reply(guest, "/start " + link.split("?start=")[1].split()[0]))["text"]
    )
    return guest


async def asked_for_a_key(person):
    await person.say("/keys")
    await person.press("Add key")
    await person.reads("What shall I call this key")
    assert "send the API key" in (await reply(person, "main"))["text"]


async def refused_pair(person, key, secret):
    """The answer to a key and secret that do not do."""
    assert "now send the secret" in (await reply(person, key))["text"]
    return (await reply(person, secret))["text"]


async def transcript(w, user):
    """Everything that stands in a chat, on both sides."""
    query = {"after": 0, "all": 1}
    return (await w.http.get(f"/sandbox/users/{user}/messages", params=query)).json()["messages"]


async def send_file(w, user, **values):
    file = {"name": "key.txt", "content": base64.b64encode(b"x").decode(), "mime": "text/plain"}
    address = f"/sandbox/users/{user}/messages"
    answer = (await w.http.post(address, json={"file": file, **values})).raise_for_status()
    return answer.json()["message_id"]


def odd_message(w, **changes):
    """A message of a shape that no person of the sandbox can make."""
    body = {
        "message_id": 9000, "date": int(w.chat.world.now().timestamp()), "text": "/status",
        "from": {"id": 1, "is_bot": False, "first_name": "User 1"},
        "chat": {"id": 1, "type": "private"},
    }  # fmt: skip
    w.chat.world.updates.add("message", body | changes)


def data_of(message, label):
    return next(b["data"] for row in message["buttons"] for b in row if label in b["text"])


async def test_odd_words_and_files_lose_nothing(tmp_path):
    async with house(tmp_path) as w:
        ann = await joined(w, ANN)
        await reply(ann, "/new")
        await ann.press("Spot")
        await ann.reads("Which symbol")

        for text in ("ВТСUSDT", "{0.__class__}", "<b>x", "'; DROP TABLE bots", "x" * 4096, "\x07"):
            assert "no symbol I know" in (await reply(ann, text))["text"]
        file = await send_file(w, ANN)
        await ann.sees(lambda m: m["id"] > file and "text only" in m["text"])
        assert "A new bot is half finished" in (await reply(ann, "/new"))["text"]
        await send_file(w, ANN, caption="btc/usdt")
        await ann.press("My own", await ann.reads("Which plan"))
        await ann.reads("Candles of which length")
        await asyncio.gather(ann.say("5m"), ann.say("7m"))
        await ann.reads("“7m”")
        await ann.reads("Which strategy")
        assert "There is no /sail" in (await reply(ann, "/sail"))["text"]

        for chat in ("group", "supergroup", "channel"):
            odd_message(w, chat={"id": -5, "type": chat, "title": "x"})
        odd_message(w, date=int(w.chat.world.now().timestamp()) - 600, text="spot")
        for kind in ("edited_message", "message", "callback_query", "poll"):
            w.chat.world.updates.add(kind, {"id": "1"})
        await w.person().reads("came 10 minutes late")
        assert "Exchange" in (await reply(w.person(), "/status"))["text"]


async def test_no_secret_leaves_its_ciphertext(tmp_path):
    async with house(tmp_path, level="debug") as w:
        taking_money = {"key": OTHER_KEY, "secret": OTHER_SECRET}
        taking_money["permissions"] = {"enableWithdrawals": True}
        (await w.market.post("/sandbox/accounts", json=taking_money)).raise_for_status()
        ann = await joined(w, ANN)
        await asked_for_a_key(ann)

        file = await send_file(w, ANN)
        await ann.sees(lambda m: m["id"] > file and "does not look like one" in m["text"])
        for text in (f"{KEY[:30]}\n{KEY[30:]}", f"{KEY[:30]} {KEY[30:]}"):
            assert "does not look like one" in (await reply(ann, text))["text"]
        assert "-2015" in await refused_pair(ann, SECRET, KEY)
        assert "-1022" in await refused_pair(ann, KEY, "W" * 64)
        assert "can withdraw" in await refused_pair(ann, OTHER_KEY, OTHER_SECRET)
        assert "works and is stored" in await refused_pair(ann, KEY, SECRET)
        for text in (f"my secret is {SECRET}", f"/{SECRET}", f"/start {KEY}"):
            await reply(ann, text)
        told = [await w.service.ask(words) for words in ("status", "orders", "trades")]
        await w.service.stop()

        left = await transcript(w, ANN)
        assert all(m["deleted"] for m in left if m["id"] == file)
        places = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        places |= {"chat": json.dumps(left).encode(), "commands": json.dumps(told).encode()}
        del places["skipper.toml"]
        for secret in (KEY, SECRET, OTHER_KEY, OTHER_SECRET, TOKEN.partition(":")[2]):
            found = [name for name, content in places.items() if secret[:20].encode() in content]
            assert found == [], secret[:1]
        log = places["log"].decode()
        assert "Traceback" not in log
        assert "aiosqlite" not in log


async def test_taps_that_nobody_was_offered_do_nothing(tmp_path):
    async with house(tmp_path, speed=1.0) as w:
        ann, eve, tom = [
            await joined(w, user, role)
            for user, role in ((ANN, "trader"), (EVE, "trader"), (TOM, "viewer"))
        ]
        await start_bot(ann, mode="Paper")
        card = await ann.reads("Running")
        stop = data_of(card, "Stop")
        for person in (eve, tom):
            for verb in ("stop", "stop_keep", "delete_yes", "close_yes", "start"):
                await person.forge(card, stop.replace("stop", verb))
            await person.forge(card, "b:card:id.1:")
            await person.forge(card, "b:card:id.99999999999999999999:")
            await reply(person, "/status")
            assert len(person.toasts) == 7
            assert set(person.toasts) <= {
                "That is not there any more.",
                "You can look at everything, but not change it.",
            }

        await asyncio.gather(*(ann.forge(card, stop) for _ in range(5)))
        await ann.sees(lambda m: "Stopped" in m["text"] and "▶ Start" in str(m["buttons"]))
        assert ann.toasts.count("Stopped") == 1
        await both(ann, card)
        (bot,) = (await w.service.ask("status"))["bots"]
        assert bot["state"] in {"waiting", "stopped"}

        await ann.forge(card, "b:card:id.1:")
        fresh = await ann.sees(lambda m: m["id"] > card["id"] and "Delete" in str(m["buttons"]))
        await ann.press("Delete", fresh)
        await ann.press("Yes, delete")
        await ann.reads("No bots yet")
        for verb in ("card", "close", "start", "stop"):
            await ann.forge(card, f"b:{verb}:id.1:")
        await reply(ann, "/status")
        assert "That is not there any more." in ann.toasts
        assert "Traceback" not in w.service.log.read_text()


async def both(person, card):
    """Start and stop in the same moment: one of them is told that its screen was old."""
    await person.forge(card, data_of(card, "Refresh"))
    fresh = await person.sees(lambda m: m["id"] == card["id"] and "▶ Start" in str(m["buttons"]))
    start = data_of(fresh, "▶ Start")
    before = len(person.toasts)
    await asyncio.gather(
        person.forge(card, start), person.forge(card, start.replace("start", "stop_leave"))
    )
    while len(person.toasts) < before + 2:
        await person.look(1.0)
    assert any("screen was old" in toast for toast in person.toasts[before:])


async def test_trading_goes_on_while_telegram_does_not(tmp_path):
    async with house(tmp_path) as w:
        ann = w.person()
        await add_key(ann)
        await ann.reads("works and is stored")
        await start_bot(ann)
        assert await w.service.stop() == 0

        async def count():
            return len((await w.books())["trades"])

        async def fault(**what):
            await w.http.delete("/sandbox/faults")
            (await w.http.post("/sandbox/faults", json={"times": None, **what})).raise_for_status()

        await fault(what="drop_before")
        await w.service.start()
        for what in OUTAGES:
            await fault(**what)
            before = await count()
            async with asyncio.timeout(20):
                while await count() == before:
                    await ann.look(0.2)
        await w.service.stop()
        await w.http.delete("/sandbox/faults")
        ann_said = [await ann.say("/stop"), await ann.say("/status")]
        await w.service.start()
        await w.service.kill()
        await w.service.start()

        await ann.sees(lambda m: m["id"] > ann_said[1], what="anything after the outage")
        await all_alerts(w, ann)


async def all_alerts(w, person):
    """Every number was shown, and no number twice without being marked."""
    async with asyncio.timeout(30):
        while (await w.service.ask("status"))["alerts_waiting"] > 2:
            await person.look(1.0)
    plain, marked = Counter(), Counter()
    for message in await transcript(w, 1):
        for number, mark in re.findall(r"#(\d+)( · repeated)?", message["text"] or ""):
            (marked if mark else plain)[int(number)] += 1
    shown = plain.keys() | marked.keys()
    assert set(range(1, max(shown))) - shown == set()
    assert max(plain.values(), default=1) == 1
    assert "Traceback" not in w.service.log.read_text()
