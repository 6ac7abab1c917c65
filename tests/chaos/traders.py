"""What the traders of a chaos run do in their chats: busy bots, a draft half done, a calm end.

Buttons are found by what they ask for, so that no wording matters here.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.journeys.person import Message, Person
from tests.journeys.world import OPERATOR, World

MONEY = Decimal(10_000)
# Averages this short cross every few candles: in seconds there is something to disturb.
_HASTY = {"ema_fast": "2", "ema_slow": "4"}
DRAFT_SYMBOL = "XRPUSDT"
DRAFT_NAME = "Zulu"
_NAMES = ("Alpha", "Bravo", "Charlie", "Delta")


@dataclass(frozen=True)
class Trader:
    """One person with an exchange account of their own and a bot."""

    user: int
    person: Person
    key: str
    bot: str
    symbol: str


async def settle_in(world: World, symbols: Sequence[str]) -> list[Trader]:
    """One trader per symbol, each with one running bot; the first has half made another one."""
    operator = world.person()
    await _say(operator, "/start")
    traders = []
    for number, symbol in enumerate(symbols):
        user = OPERATOR + number
        if number:
            await _invite(operator, world.person(user))
        key = f"{number}{'K' * 63}"
        traders.append(Trader(user, world.person(user), key, _NAMES[number], symbol))
        account = {"key": key, "secret": key[::-1], "balances": {"USDT": str(MONEY)}}
        (await world.market.post("/sandbox/accounts", json=account)).raise_for_status()
    await asyncio.gather(*(_equip(trader) for trader in traders))
    await _to_settings(operator, DRAFT_SYMBOL)
    return traders


async def finish_draft(trader: Trader) -> None:
    """Go on with the bot that was half made before everything went wrong."""
    await _say(trader.person, "/new")
    await _tap(trader.person, "w:resume")
    await _from_settings(trader.person, DRAFT_NAME)
    await _tap(trader.person, "w:create:stopped")


async def stop_all(traders: Sequence[Trader]) -> None:
    """Stop every bot and leave its position to its exits."""
    await asyncio.gather(*(_stop(trader) for trader in traders))


async def _invite(operator: Person, guest: Person) -> None:
    await _say(operator, "/invite")
    made = await _tap(operator, "a:invite_as:trader")
    await _say(guest, f"/start {made['text'].split('?start=')[1].split()[0]}")


async def _equip(trader: Trader) -> None:
    person = trader.person
    await _say(person, "/keys")
    await _tap(person, "k:add")
    for answer in ("main", trader.key, trader.key[::-1]):
        await _say(person, answer)
    await person.reads(str(MONEY))
    await _to_settings(person, trader.symbol)
    for name, value in _HASTY.items():
        await _tap(person, f"w:at:param.{name}")
        await _say(person, value)
    await _from_settings(person, trader.bot)
    await _tap(person, "w:create:start")


async def _to_settings(person: Person, symbol: str) -> None:
    await _say(person, "/new")
    for answer in ("spot", symbol, "1m", "ema_rsi"):
        await _tap(person, f"w:set:{answer}:")


async def _from_settings(person: Person, name: str) -> None:
    await _tap(person, "w:next")
    for answer in ("100", "0.5", "1", "off", "off", "local"):
        await _tap(person, f"w:set:{answer}:")
    await _say(person, name)


async def _stop(trader: Trader) -> None:
    """A card that moved on while it was tapped is tapped again."""
    person = trader.person
    shown = await _say(person, "/bots")
    rows = [b for row in shown["buttons"] for b in row if b["text"] == trader.bot]
    card = await _tap(person, rows[0]["data"])
    while any(_data(card, act) for act in ("b:stop:", "b:stop_leave:")):
        leave = _data(card, "b:stop_leave:")
        card = await _tap(person, "b:stop_leave:" if leave else "b:stop:")


async def _say(person: Person, text: str) -> Message:
    """Say it; returns what the bot shows next that is no alert."""
    before = person._seen
    await person.say(text)
    return await person.sees(
        lambda m: m["seq"] > before and not _is_alert(m), what=f"an answer to {text!r}"
    )


async def _tap(person: Person, act: str) -> Message:
    """Tap the newest button that asks for ``act``; returns the message once it has changed."""
    message = await person.sees(lambda m: _data(m, act) is not None, what=act)
    await person.forge(message, _data(message, act) or "")
    return await person.sees(
        lambda m: m["id"] == message["id"] and m["seq"] > message["seq"], what=f"after {act}"
    )


def _data(message: Message, act: str) -> str | None:
    found = (b["data"] for row in message["buttons"] for b in row)
    return next((data for data in found if data.startswith(act)), None)


def _is_alert(message: Message) -> bool:
    return message["text"].rsplit("\n", 1)[-1].partition("#")[2][:1].isdigit()
