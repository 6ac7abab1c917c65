"""A trade from its signal to its books: target, stop, opposite signal, by hand."""

from decimal import Decimal

import pytest

from engine.core.bot_state import BotState, StopChoice
from engine.core.checks import DayCount
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason, PositionState, ProtectionState


def kinds(alerts):
    return [alert.kind.value for alert in alerts]


async def test_a_target_hit_closes_the_books_to_the_last_digit(lab):
    bot = await lab.running()
    position = await lab.enter(bot)
    assert (position.entry_qty, position.entry_price) == (Decimal("0.00199"), Decimal("50000.01"))
    assert (position.stop_price, position.target_price) == (
        Decimal("49500.01"),
        Decimal("51000.02"),
    )
    assert [order.quantity for order in lab.books.venue(live=True)] == [Decimal("0.00198")] * 2
    assert (await lab.books.bot(bot)).state is BotState.IN_POSITION
    await lab.price("51000.02")
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.TAKE_PROFIT
    # Bought 0.00199, of which 0.00000199 went as commission and 0.00000801 is dust:
    # 0.00198 x 51000.02 - 0.00198199 x 50000.01 - 0.10098003 = 1.77953975.
    assert (trade.quantity, trade.dust) == (Decimal("0.00198"), Decimal("0.00000801"))
    assert trade.fees == {"BTC": Decimal("0.00000199"), "USDT": Decimal("0.10098003")}
    assert (trade.gross, trade.net) == (Decimal("1.9800198"), Decimal("1.77953975"))
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    count = DayCount("2026-05-29", entries=1, closed=1, net=trade.net)
    assert await lab.books.day(bot) == count
    await lab.agree()


async def test_each_end_of_a_trade_is_told_once_with_its_figures(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.price("51000.02")
    await lab.closed(bot)
    entered, exited = await lab.books.alerts()
    assert kinds([entered, exited]) == ["entered", "exited"]
    assert entered.params == {
        "bot": "Anna", "symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "mode": "local",
        "qty": "0.00199", "price": "50000.01", "cost": "99.5000199", "stop": "49500.01",
        "target": "51000.02", "fee": "0.00000199 BTC", "signal_reason": "ema_cross_up",
        "why_rsi": "55", "words": "", "market": "spot", "side": "long", "leverage": "1",
    }  # fmt: skip
    assert exited.params == {
        "bot": "Anna", "symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "mode": "local",
        "qty": "0.00198", "entry": "50000.01", "exit": "51000.02", "net": "1.77953975",
        "percent": "1.7957", "reason": "TAKE_PROFIT", "minutes": "0",
        "fees": "0.00000199 BTC + 0.10098003 USDT", "dust": "0.00000801",
        "market": "spot", "side": "long", "leverage": "1", "funding": "0",
    }  # fmt: skip
    assert entered.trade_ref == exited.trade_ref


async def test_the_exits_stand_well_within_the_naked_limit(lab):
    bot = await lab.running()
    await lab.enter(bot)
    (entry,) = lab.requests("/api/v3/order")
    (exits,) = lab.requests("/api/v3/orderList/oco")
    assert exits["real_ms"] - entry["real_ms"] < 2_000
    position = await lab.books.position(bot)
    assert position.protection is ProtectionState.STANDING


async def test_a_stop_hit_sells_at_the_market_and_books_the_loss(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.price(49_400)
    trade = await lab.closed(bot)
    assert (trade.reason, trade.exit_price) == (ExitReason.STOP_LOSS, Decimal(49_400))
    assert trade.net < 0
    assert (await lab.books.order(bot, Leg.TARGET)).state is OrderState.EXPIRED
    await lab.agree()


async def test_an_opposite_signal_cancels_the_exits_first_and_then_sells(lab):
    bot = await lab.running()
    await lab.enter(bot)
    lab.sell(bot)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.SIGNAL
    sent = [
        (request["method"], request["path"])
        for request in lab.world.journal.since(0)
        if request["method"] in {"POST", "DELETE"}
    ]
    assert sent == [
        ("POST", "/api/v3/order"),
        ("POST", "/api/v3/orderList/oco"),
        ("DELETE", "/api/v3/orderList"),
        ("POST", "/api/v3/order"),
    ]
    assert not lab.books.venue(live=True)
    await lab.agree()


async def test_a_position_closed_by_hand_leaves_the_bot_waiting_for_the_next_signal(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    await lab.enter(bot)
    assert (await lab.books.day(bot)).entries == 2
    await lab.agree()


async def test_a_bot_stopped_with_its_position_closed_trades_no_more(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.stop(bot, StopChoice.CLOSE)
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert (await lab.books.bot(bot)).state is BotState.STOPPED
    assert not lab.engine.fleet.on_stream(lab.engine.fleet.stream_of(bot))
    await lab.agree()


async def test_a_bot_stopped_and_left_keeps_its_exits_and_books_them_when_they_fill(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.stop(bot, StopChoice.LEAVE)
    await lab.job("protection")
    assert len(lab.books.venue(live=True)) == 2
    await lab.control("price", symbol="BTCUSDT", price="51500")
    assert (await lab.closed(bot)).reason is ExitReason.TAKE_PROFIT
    assert (await lab.books.bot(bot)).state is BotState.STOPPED
    await lab.agree()


async def test_a_position_kept_loses_its_exits_and_gets_them_back_with_the_next_start(lab):
    bot = await lab.running()
    held = await lab.enter(bot)
    await lab.stop(bot, StopChoice.KEEP)
    await lab.until(lambda: not lab.books.venue(live=True))
    await lab.job("protection")
    await lab.agree()
    kept = await lab.books.position(bot)
    assert (kept.state, kept.guarded) == (PositionState.OPEN, False)
    await lab.start(bot)
    again = await lab.covered(bot)
    assert (again.id, again.stop_price) == (held.id, held.stop_price)
    assert [o.quantity for o in lab.books.venue(live=True)] == [Decimal("0.00198")] * 2
    assert (await lab.books.bot(bot)).state is BotState.IN_POSITION
    await lab.agree()


@pytest.mark.parametrize("size", [Decimal(100), Decimal(1000)])
async def test_the_money_at_the_exchange_moved_by_exactly_what_the_books_say(lab, size):
    bot = await lab.running(size=size)
    await lab.enter(bot)
    await lab.price(49_000)
    trade = await lab.closed(bot)
    (position,) = await lab.books.positions()
    balances = lab.world.accounts["K1" * 32].balances
    assert balances["BTC"].free == trade.dust == position.held
    spent = position.entry_quote - position.exit_quote + position.fee_quote
    assert balances["USDT"].free == Decimal(10_000) - spent
    assert balances["USDT"].locked == balances["BTC"].locked == 0
