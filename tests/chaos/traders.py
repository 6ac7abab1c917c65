"""The people of a chaos run: each with an exchange account and a busy bot, and a calm end.

Bots are written into the database before the service starts; what people do afterwards they do
in the chat. Buttons are found by what they ask for, so that no wording matters here.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from engine.core.account import Credentials, Role
from engine.core.bot_config import BotConfig, Direction, Environment, Mode
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.market import Market
from storage.opening import check_canary, open_storage
from storage.vault import FernetVault, load_master_key
from tests.chaos.installation import Installation
from tests.chaos.venues import SPOT, Venue
from tests.journeys.person import Message, Person
from tests.journeys.world import OPERATOR

MONEY = {"USDT": Decimal(10_000), "BNB": Decimal(1)}
# Averages this short cross every few candles: in seconds there is something to disturb.
_HASTY = {"ema_fast": 2, "ema_slow": 4}
_NAMES = ("Alpha", "Bravo", "Charlie", "Delta")
_EXITS = ("0.3", "0.5", "1")
_LIMITS = (None, None, 4)
# Real seconds: until a tap counts as unanswered, and until a bot must be stopped.
_ANSWERED, _STOPS_WITHIN = 10.0, 120.0
_TRAILS = (None, None, Decimal("0.3"))
_ON: dict[str, dict[str, Any]] = {
    "spot": {},
    "futures": {"market": Market.FUTURES, "direction": Direction.BOTH, "leverage": 3},
}


@dataclass(frozen=True)
class Trader:
    """One person with an exchange account of their own and a bot."""

    user: int
    person: Person
    key: str
    bot: str


async def settle_in(
    world: Installation,
    random: Random,
    symbols: Sequence[str],
    at: int,
    venues: Sequence[Venue] = (SPOT,),
) -> list[Trader]:
    """One trader per symbol, each with one running bot, in the chat since ``at`` (ms)."""
    folder = world.service.folder
    url = f"sqlite+aiosqlite:///{folder / 'skipper.db'}"
    await world.service.migrate()
    vault = FernetVault(load_master_key(folder / "master.key"))
    traders = []
    for number, symbol in enumerate(symbols):
        user = OPERATOR + number
        key = f"{number}{'K' * 63}"
        account = {
            "key": key, "secret": key[::-1], "bnb_burn": random.random() < 0.4,
            "balances": {asset: str(amount) for asset, amount in MONEY.items()},
            "futures": {"USDT": str(MONEY["USDT"])},
        }  # fmt: skip
        (await world.market.post("/sandbox/accounts", json=account)).raise_for_status()
        trader = Trader(user, world.person(user), key, _NAMES[number])
        traders.append(trader)
        config = BotConfig(
            name=trader.bot, symbol=symbol, mode=Mode.LOCAL, params=_HASTY, size=Decimal(100),
            stop_loss=Decimal(random.choice(_EXITS)), take_profit=Decimal(random.choice(_EXITS)),
            max_daily_trades=random.choice(_LIMITS), trailing_stop=random.choice(_TRAILS),
            **_ON[venues[number % len(venues)].answer],
        )  # fmt: skip
        await _furnish(url, vault, trader, config, at)
        await trader.person.say("/start")
    return traders


async def _furnish(
    url: str, vault: FernetVault, trader: Trader, config: BotConfig, at: int
) -> None:
    storage = await open_storage(url)
    try:
        await check_canary(storage, vault)
        role = Role.ADMIN if trader.user == OPERATOR else Role.TRADER
        async with storage.system() as unit:
            owner = await unit.accounts.add(trader.user, trader.bot, role, at)
            await unit.commit()
        key = Credentials(trader.key, trader.key[::-1], Environment.LOCAL)
        async with storage.of(owner.id) as unit:
            added = await unit.keys.add(
                "main", Environment.LOCAL, f"print {trader.user}", vault.seal(owner.id, key), at,
                ip_restricted=False, futures=True,
            )  # fmt: skip
            bot = await unit.bots.add(config.model_copy(update={"key_id": added.id}), at)
            started = next_bot_state(bot.state, BotEvent.START)
            await unit.bots.save(replace(bot, state=started))
            await unit.commit()
    finally:
        await storage.close()


async def begin_draft(trader: Trader) -> None:
    """Half make a bot in the chat: the draft must outlive everything that follows."""
    await _say(trader.person, "/new")
    await _tap(trader.person, "w:set:spot:")


async def stop_all(traders: Sequence[Trader]) -> frozenset[str]:
    """Stop every bot and leave its position to its exits; returns the bots shown as stopped."""
    await asyncio.gather(*(_stop(trader) for trader in traders))
    return frozenset(trader.bot for trader in traders)


async def panics(trader: Trader) -> None:
    """Stop everything of one's own and close what is held, with two taps."""
    await trader.person.say("/panic")
    await _tap(trader.person, "p:close:")


async def starts(trader: Trader) -> None:
    """Start one's bot, as often as it takes."""
    patient_until = time.monotonic() + _STOPS_WITHIN
    while _data(card := await _card(trader), "b:stop:") is None:
        assert time.monotonic() < patient_until, f"{trader.bot} could not be started"
        with suppress(AssertionError):
            await _tap(trader.person, "b:start:", card)


async def _stop(trader: Trader) -> None:
    """Look at the card and tap, again and again, until it shows the bot as stopped.

    In a fast market the card moves on while it is tapped, a few times a second.
    """
    patient_until = time.monotonic() + _STOPS_WITHIN
    while not await _shown_stopped(trader):
        assert time.monotonic() < patient_until, f"{trader.bot} could not be stopped"


async def _shown_stopped(trader: Trader) -> bool:
    """Tap Stop once, on the card as it is now; whether it ends up showing the bot as stopped."""
    person = trader.person
    try:
        card = await _card(trader)
        for act in ("b:stop:", "b:stop_leave:"):
            if _data(card, act):
                card = await _tap(person, act, card)
    except AssertionError:
        return False  # no answer to a tap: what it was meant for is not there any more
    return _data(card, "b:start:") is not None and _data(card, "b:stop:") is None


async def _card(trader: Trader) -> Message:
    before = trader.person._seen
    await trader.person.say("/bots")
    listed = await trader.person.sees(
        lambda m: m["seq"] > before and _named(m, trader.bot) is not None, _ANSWERED, trader.bot
    )
    return await _tap(trader.person, _named(listed, trader.bot) or "")


async def _say(person: Person, text: str) -> Message:
    """Say it; returns what the bot shows next that is no alert."""
    before = person._seen
    await person.say(text)
    return await person.sees(
        lambda m: m["seq"] > before and bool(m["buttons"]) and not _is_alert(m),
        what=f"an answer to {text!r}",
    )


async def _tap(person: Person, act: str, on: Message | None = None) -> Message:
    """Tap the newest button that asks for ``act``, or that ``on`` a message; returns the answer.

    Alerts have such buttons too, and are answered with a message of its own.
    """
    message = on or await person.sees(lambda m: _data(m, act) is not None, what=act)
    await person.look()
    message = person.board.get(message["id"], message)
    before, data = person._seen, _data(message, act)
    assert data is not None, f"the button {act} has gone"
    await person.forge(message, data)
    return await person.sees(
        lambda m: m["seq"] > before and bool(m["buttons"]) and not _is_alert(m),
        _ANSWERED,
        f"after {act}",
    )


def _named(message: Message, name: str) -> str | None:
    """What the button of this name asks for."""
    found = (b for row in message["buttons"] for b in row)
    return next((b["data"] for b in found if name in b["text"]), None)


def _data(message: Message, act: str) -> str | None:
    found = (b["data"] for row in message["buttons"] for b in row)
    return next((data for data in found if data.startswith(act)), None)


def _is_alert(message: Message) -> bool:
    return message["text"].rsplit("\n", 1)[-1].partition("#")[2][:1].isdigit()
