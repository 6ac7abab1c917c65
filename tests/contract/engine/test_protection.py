"""Stops that follow the price, and what the exchange or its owner does behind our back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.account import Credentials
from engine.core.bot_config import Direction, Environment
from engine.core.market import Candle, Market
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.simulator.server import DemoAccount
from engine.services.panic import panic
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

SYMBOL = "BTCUSDT"
FUTURES = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 5,
    "size": Decimal(500),
    "max_position": Decimal(50),
}
WIDE = {"stop_loss": Decimal(5), "take_profit": Decimal(10)}


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def candle(lab, high, low, monkeypatch):
    """A candle closes with the price at its top; trailing stops follow."""
    await lab.price(high)
    closed = Candle(lab.clock.now_ms(), low, high, low, high, 1.0)
    monkeypatch.setattr(lab.life.feed, "candles", lambda _: [closed])
    await lab.job("trailing stops")


async def by_hand(lab, method, product=Product.SPOT, **params):
    """What the owner does with the same key, outside Skipper."""
    connection = lab.life.broker._connections[Environment.LOCAL]
    client = connection.client(Credentials(KEYS[0], SECRET, Environment.LOCAL))
    call = getattr(client, method)
    await connection.send(
        lambda: call(symbol=SYMBOL, **params), ask=Ask(product, Priority.ENTRY, orders=1)
    )
    await client.close()


def live_stops(lab):
    """Triggers of the stops that stand at the exchange, of either market."""
    algos = lab.world.futures.book.floor.shelf.waiting(symbol=SYMBOL)
    stops = [a.wish.trigger for a in algos if a.wish.kind == "STOP_MARKET"]
    return stops + [o.wish.stop_price for o in lab.books.venue(Leg.STOP, live=True)]


@pytest.mark.parametrize("settings", [{}, FUTURES], ids=["spot", "futures"])
async def test_a_trailing_stop_moves_the_stop_at_the_exchange_and_exits_as_such(
    lab, monkeypatch, settings
):
    bot = await lab.running(trailing_stop=Decimal(1), **WIDE | settings)
    before = await lab.enter(bot)

    await candle(lab, 51_000.0, 50_000.0, monkeypatch)
    await lab.until(lambda: live_stops(lab) == [Decimal(50_490)])
    after = await lab.covered(bot)
    await candle(lab, 50_900.0, 50_600.0, monkeypatch)

    assert before.stop_price < after.stop_price == Decimal(50_490)
    assert live_stops(lab) == [Decimal(50_490)]
    assert len(await lab.books.alerts("stop_moved")) == 1
    await lab.price(50_490)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.TRAILING_STOP
    await lab.until(lambda: not live_stops(lab))


async def test_on_futures_the_new_stop_stands_before_the_old_one_goes(lab, monkeypatch):
    bot = await lab.running(trailing_stop=Decimal(1), **WIDE | FUTURES)
    await lab.enter(bot)

    await candle(lab, 51_000.0, 50_000.0, monkeypatch)
    await lab.until(lambda: live_stops(lab) == [Decimal(50_490)])

    placed = lab.requests("/fapi/v1/algoOrder")
    cancelled = lab.requests("/fapi/v1/algoOrder", "DELETE")
    assert placed[-1]["real_ms"] < cancelled[0]["real_ms"]
    assert [request["params"].get("closePosition") for request in placed].count("true") == 1


async def test_the_trailing_stop_of_a_stopped_bot_goes_on(lab, monkeypatch):
    bot = await lab.running(trailing_stop=Decimal(1), **WIDE)
    await lab.enter(bot)
    await lab.stop(bot)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].bot.state.running)

    await candle(lab, 51_000.0, 50_000.0, monkeypatch)

    await lab.until(lambda: live_stops(lab) == [Decimal(50_490)])


async def test_a_position_of_the_owners_own_stops_entries_on_its_symbol_and_is_left_alone(lab):
    await by_hand(
        lab, "futures_create_order", Product.FUTURES, side="BUY", type="MARKET", quantity="0.01"
    )
    bot = await lab.running(**FUTURES)
    venue = lab.engine._accounts.reconciler.venue
    where = (bot.account, SYMBOL)
    await lab.job("reconcile")
    venue._doubts[where] = replace_age(venue._doubts[where])
    await lab.job("reconcile")

    lab.buy(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("position_drift"))
    assert (told.params["ours"], told.params["theirs"]) == ("0", "0.01")
    refused = await lab.until(lambda: lab.books.refused(bot))
    assert (refused.check, refused.measured) == ("symbol_free", "drift")
    assert lab.engine.insight.not_ours(bot.id).quantity == Decimal("0.01")
    assert len(lab.requests("/fapi/v1/order")) == 1


def replace_age(doubt):
    """The same difference, first seen long ago."""
    return doubt[0], doubt[1] - 60


async def test_coins_that_left_the_account_are_written_off_and_told(lab):
    bot = await lab.running()
    position = await lab.enter(bot)
    (stop,) = lab.books.venue(Leg.STOP, live=True)
    await by_hand(lab, "v3_delete_order_list", orderListId=stop.oco.id)
    await by_hand(
        lab, "create_order", side="SELL", type="MARKET", quantity=str(position.sellable(
            lab.life.catalogue.rules(Market.SPOT, SYMBOL)))
    )  # fmt: skip
    venue = lab.engine._accounts.reconciler.venue

    async def doubted():
        await lab.job("reconcile")
        return (bot.account, SYMBOL) in venue._doubts

    await lab.until(doubted)
    where = (bot.account, SYMBOL)
    venue._doubts[where] = replace_age(venue._doubts[where])
    await lab.job("reconcile")
    await lab.job("naked or closing")
    trade = await lab.closed(bot)

    assert trade.reason is ExitReason.EXTERNAL or trade.gone > 0
    assert trade.net <= 0
    assert await lab.books.alerts("foreign_close")


async def test_a_stop_that_the_owner_cancelled_is_placed_again(lab):
    bot = await lab.running()
    await lab.enter(bot)
    (stop,) = lab.books.venue(Leg.STOP, live=True)
    await by_hand(lab, "v3_delete_order_list", orderListId=stop.oco.id)

    await lab.until(lambda: [o for o in lab.books.venue(Leg.STOP, live=True) if o is not stop])
    await lab.covered(bot)
    await lab.agree()


async def test_an_order_with_our_id_and_no_row_is_cancelled_and_told(lab):
    bot = await lab.running()
    await lab.enter(bot)
    install = lab.engine._accounts.ledger.guard.install
    stray = f"sk{install}-{bot.id}-99-t1"
    await by_hand(
        lab, "create_order", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="40000", newClientOrderId=stray,
    )  # fmt: skip
    await lab.job("reconcile")

    (told,) = await lab.until(lambda: lab.books.alerts("stray_order"))
    assert told.params["id"] == stray
    (gone,) = [o for o in lab.books.venue() if o.client_id == stray]
    assert not gone.status.live


async def test_after_a_restored_backup_an_order_on_a_symbol_without_rows_is_found_at_once(
    lab,
):
    bot = await lab.running()
    install = lab.engine._accounts.ledger.guard.install
    stray = f"sk{install}-{bot.id}-99-t1"
    await by_hand(
        lab, "create_order", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="40000", newClientOrderId=stray,
    )  # fmt: skip
    await lab.restart()

    (told,) = await lab.until(lambda: lab.books.alerts("stray_order"))
    assert told.params["id"] == stray
    assert not lab.books.venue(live=True)


async def test_an_order_of_another_installation_is_left_alone_and_shown(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await by_hand(
        lab, "create_order", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="40000", newClientOrderId="sk00001-1-1-e1",
    )  # fmt: skip
    await by_hand(
        lab, "create_order", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="39000",
    )  # fmt: skip
    await lab.job("reconcile")

    others = [o for o in lab.books.venue() if o.wish.side == "BUY" and o.wish.price]
    assert all(order.status.live for order in others)
    assert lab.engine.insight.not_ours(bot.id).orders >= 1
    assert not await lab.books.alerts("stray_order")


async def test_an_order_proven_absent_that_was_carried_out_after_all_is_booked(lab):
    bot = await lab.running()
    await lab.enter(bot)
    entry = await lab.books.order(bot, Leg.ENTRY)
    await lab.price(51_500)
    await lab.closed(bot)
    forgotten = replace(
        entry, state=OrderState.NOT_PLACED, filled_qty=Decimal(0), filled_quote=Decimal(0),
        booked_qty=Decimal(0),
    )  # fmt: skip
    async with lab.storage.system() as unit:
        await unit.orders.save(forgotten, was=entry)
        await unit.commit()
    await lab.advance(3_700)
    await lab.job("reconcile")

    async def found():
        return (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.FILLED

    await lab.until(found)


@pytest.mark.parametrize("settings", [{}, FUTURES], ids=["spot", "futures"])
async def test_an_entry_on_its_way_during_a_panic_is_closed_as_soon_as_it_fills(lab, settings):
    bot = await lab.running(**settings)
    await lab.fault("delay", "POST", path="/*", ms=300, where={"type": "MARKET"})
    lab.buy(bot)
    await lab.until(lambda: lab.requests("/api/v3/order") or lab.requests("/fapi/v1/order"))

    await panic(lab.office, lab.account, close=True)

    assert (await lab.closed(bot)).reason is ExitReason.PANIC
    assert not live_stops(lab)
