"""Spot positions at the edges: late truths, small lots, odd fees."""

from decimal import Decimal

import pytest

from engine.core.market import Candle, Market
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason
from engine.core.protect import cover_of
from engine.cycles import doubt

ORDER = "/api/v3/order"


@pytest.fixture
def _quick_proof(quick_questions, monkeypatch):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 1.0)


@pytest.mark.usefixtures("_quick_proof")
async def test_an_entry_thought_absent_that_was_carried_out_beside_a_position_is_told(lab):
    bot = await lab.running(stop_loss=Decimal(20), take_profit=Decimal(40))
    await lab.fault("stall", stream="user@executionReport", times=None)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("code", "GET", ORDER, code=-2013, msg="Order does not exist.", times=None)
    lab.buy(bot)

    async def absent():
        await lab.advance(1)
        order = await lab.books.order(bot, Leg.ENTRY)
        return order is not None and order.state is OrderState.NOT_PLACED

    await lab.until(absent)
    await lab.heal()
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].entering)
    await lab.enter(bot)
    await lab.advance(3_700)
    await lab.job("reconcile")

    (told,) = await lab.until(lambda: lab.books.alerts("position_naked"))
    assert told.params["problem"] == "alarm.beside"
    assert Decimal(told.params["qty"]) == lab.books.venue(Leg.ENTRY)[0].executed
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    await lab.job("reconcile")
    await lab.covered(bot)
    assert len(await lab.books.alerts("entered")) == 2
    await lab.agree()


async def test_lots_that_follow_each_other_closely_do_not_keep_the_rest_without_a_stop(lab):
    bot = await lab.running(size=Decimal(1000))
    await lab.enter(bot)
    await lab.fault("partial_fill", lots=["0.001"])
    await lab.control("price", symbol="BTCUSDT", price="51000.02")
    await lab.control("price", symbol="BTCUSDT", price="50500")

    async def target():
        return await lab.books.order(bot, Leg.TARGET)

    for lots in range(1, 4):
        await lab.until(lambda n=lots: _filled(lab, target, Decimal("0.001") * n))
        await lab.advance(1.5)
        live = [o for o in lab.books.venue(Leg.TARGET, live=True) if o.executed]
        if not live:
            break
        await lab.control(
            "fill", key="K1" * 32, symbol="BTCUSDT", clientOrderId=live[0].client_id,
            quantity="0.001",
        )  # fmt: skip
        await lab.job("naked or closing")
    await lab.covered(bot)

    assert len(lab.books.venue(Leg.STOP)) == 2
    await lab.agree()


async def _filled(lab, target, quantity):
    return (await target()).filled_qty >= quantity


TRAILING = {"trailing_stop": Decimal(1), "stop_loss": Decimal(5), "take_profit": Decimal(10)}
OCO = "/api/v3/orderList"


async def trail(lab, high, monkeypatch):
    """A candle closes at its top; trailing stops follow."""
    await lab.price(high)
    closed = Candle(lab.clock.now_ms(), 50_000.0, high, 50_000.0, high, 1.0)
    monkeypatch.setattr(lab.life.feed, "candles", lambda _: [closed])
    await lab.job("trailing stops")


async def over(lab, bot):
    """Wait until the position is closed, with the urgent job at work."""

    async def traded():
        await lab.job("naked or closing")
        return await lab.books.trades(bot)

    await lab.until(traded)
    return await lab.closed(bot)


@pytest.mark.parametrize("share", ["0.5", "1"])
async def test_a_fill_that_wins_against_the_cancel_of_a_trailing_move(lab, monkeypatch, share):
    bot = await lab.running(**TRAILING, size=Decimal(1000))
    position = await lab.enter(bot)
    await lab.fault("fill_on_cancel", share=share, where={"type": "LIMIT_MAKER"})
    await trail(lab, 51_000.0, monkeypatch)
    if share == "1":
        trade = await over(lab, bot)
        assert trade.reason is ExitReason.TAKE_PROFIT
        await lab.agree()
        return

    async def half():
        await lab.advance(1)
        await lab.job("naked or closing")
        now = await lab.books.position(bot)
        stops = lab.books.venue(Leg.STOP, live=True)
        return now.held < position.held and [o.wish.quantity for o in stops] == [
            now.sellable(lab.life.catalogue.rules(Market.SPOT, "BTCUSDT"))
        ]

    await lab.until(half)
    await lab.agree()


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_a_cancel_in_doubt_in_a_trailing_move(lab, monkeypatch, quick_questions, fault):
    bot = await lab.running(**TRAILING)
    await lab.enter(bot)
    await lab.fault("stall", stream="user@executionReport", times=None)
    await lab.fault(fault, "DELETE", OCO)
    await trail(lab, 51_000.0, monkeypatch)

    def moved():
        stops = lab.books.venue(Leg.STOP, live=True)
        return [o.wish.stop_price for o in stops] == [Decimal(50_490)]

    await lab.until(moved)
    await lab.covered(bot)
    await lab.heal()
    await lab.agree()


async def test_a_kill_between_cancel_and_new_exits_in_a_trailing_move(lab, monkeypatch):
    bot = await lab.running(**TRAILING)
    await lab.enter(bot)
    await lab.fault("delay", "POST", "/api/v3/orderList/oco", ms=3_000)
    await trail(lab, 51_000.0, monkeypatch)
    await lab.until(lambda: lab.requests(OCO, "DELETE"))
    await lab.crash()
    await lab.heal()
    await lab.begin()

    async def safe():
        await lab.advance(1)
        if await lab.books.trades(bot):
            return True
        stops = await lab.books.orders(bot, Leg.STOP)
        position = await lab.books.position(bot)
        return position.naked_since is None and cover_of(tuple(stops)) > 0

    await lab.until(safe, 30)
    await lab.agree()
    assert len(lab.books.venue(Leg.STOP, live=True)) == (not await lab.books.trades(bot))


async def test_a_close_on_a_halted_symbol_is_carried_out_once_when_it_trades_again(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.control("symbol", symbol="BTCUSDT", status="HALT")
    await lab.close_by_hand(bot)

    async def refused():
        await lab.job("naked or closing")
        close = await lab.books.order(bot, Leg.CLOSE)
        return close is not None and close.state is OrderState.REJECTED

    await lab.until(refused)
    await lab.control("symbol", symbol="BTCUSDT", status="TRADING")
    await lab.advance(2)
    trade = await over(lab, bot)
    assert trade.reason is ExitReason.MANUAL
    assert sum(o.executed for o in lab.books.venue(Leg.CLOSE)) == trade.quantity
    await lab.agree()


@pytest.mark.parametrize("changed", [{"step": "0.001"}, {"tick": "1"}, {"min_notional": "200"}])
async def test_filters_that_change_while_exits_rest(lab, monkeypatch, changed):
    bot = await lab.running(**TRAILING)
    await lab.enter(bot)
    await lab.control("symbol", symbol="BTCUSDT", **changed)
    await lab.job("catalogue")
    await trail(lab, 51_000.0, monkeypatch)

    async def calm():
        await lab.job("naked or closing")
        if await lab.books.trades(bot):
            return True
        stops = lab.books.venue(Leg.STOP, live=True)
        return [o.wish.stop_price for o in stops] == [Decimal(50_490)]

    await lab.until(calm)
    await lab.agree()
    assert len(lab.requests("/api/v3/orderList/oco")) <= 5


async def test_a_triggered_stop_that_is_refused_ends_in_a_market_close(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("refuse_trigger", where={"type": "STOP_LOSS"})
    await lab.fault("refuse_trigger", where={"type": "STOP_LOSS_LIMIT"})
    await lab.price(49_000)
    trade = await over(lab, bot)
    assert trade.reason is ExitReason.STOP_LOSS
    await lab.heal()
    await lab.agree()


@pytest.mark.parametrize("burn", [True, False])
async def test_commissions_that_change_their_asset_in_the_middle_of_a_trade(lab, burn):
    key = "K1" * 32
    await lab.control("accounts", key=key, balances={"BNB": "1"}, bnb_burn=not burn)
    bot = await lab.running()
    await lab.enter(bot)
    await lab.control("accounts", key=key, bnb_burn=burn)
    await lab.price(51_000.02)
    trade = await over(lab, bot)
    assert len(trade.fees) == 2
    await lab.job("protection")
    assert not await lab.books.alerts("position_naked")
    await lab.agree()


async def test_an_exit_left_over_by_the_exchange_is_removed_before_the_next_entry(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("keep_leg")
    await lab.price(51_000.02)
    await lab.closed(bot)
    assert lab.books.venue(live=True)
    await lab.price(50_000)
    lab.buy(bot)
    refused = await lab.until(lambda: lab.books.refused(bot))
    assert refused.check == "one_position"

    async def gone():
        await lab.advance(1)
        await lab.job("protection")
        return not lab.books.venue(live=True) and not lab.engine.fleet.members[bot.id].busy

    await lab.until(gone)
    await lab.agree()
    await lab.price(50_000)
    await lab.enter(bot)
