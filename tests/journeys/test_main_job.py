"""The main job over the wire: a stranger becomes a trader whose bot trades real candles."""

from decimal import Decimal

import pytest

from tests.journeys.market_data import stormy_candles
from tests.journeys.steps import add_key, allow_transfers, invited, send_secret, start_bot
from tests.journeys.world import KEY, SECRET, world

pytestmark = pytest.mark.journey
SPEED = 300.0
GUEST = 7
# The generator needs a while to hit both; a replay has them in its first minutes.
PATIENCE = 150.0


async def test_from_stranger_to_exact_books(tmp_path):
    async with world(tmp_path, speed=SPEED, data=stormy_candles(tmp_path)) as w:
        await w.service.start()
        operator, guest = w.person(), w.person(GUEST)

        await guest.say("/start")
        await guest.reads("private")
        silenced = len(guest.shown)
        await guest.say("hello?")
        await operator.say("/start")
        await operator.reads("Welcome aboard")
        await guest.look()
        assert len(guest.shown) == silenced

        await invited(operator, guest)
        await allow_transfers(w, allowed=True)
        await add_key(guest)
        await guest.reads("can transfer money out")
        await allow_transfers(w, allowed=False)
        await guest.say(KEY)
        await send_secret(guest)
        await guest.reads("10000")
        assert await typed_secrets(w, GUEST) == []

        await start_bot(guest)
        await guest.sees(lambda m: "Bought" in m["text"], PATIENCE, "an entry alert")
        await guest.sees(lambda m: "take profit" in m["text"].lower(), PATIENCE, "a target hit")
        await guest.sees(lambda m: "stop loss after" in m["text"].lower(), PATIENCE, "a stop hit")

        await exact_books(w)


async def typed_secrets(w, user):
    """Messages that still hold the key or the secret on the person's side."""
    answer = await w.http.get(f"/sandbox/users/{user}/messages", params={"after": 0, "all": 1})
    return [m for m in answer.json()["messages"] if SECRET in (m["text"] or "")]


async def exact_books(w):
    """The trades that we report are the exchange's fills, to the last digit, fees included."""
    trades = await w.service.ask("trades")
    books = await w.books()
    theirs = {str(t["id"]): t for t in books["trades"]}
    assert {t["reason"] for t in trades} >= {"TAKE_PROFIT", "STOP_LOSS"}
    for trade in trades:
        for fill in trade["fills"]:
            real = theirs[fill["trade_id"]]
            assert Decimal(fill["price"]) == Decimal(real["price"])
            assert Decimal(fill["quantity"]) == Decimal(real["qty"])
            assert Decimal(fill["commission"]) == Decimal(real["commission"])
            assert fill["commission_asset"] == real["commissionAsset"]
