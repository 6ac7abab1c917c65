"""What all bots of a user together have lost, and what a pause leaves out of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.account_guard import (
    AccountPause,
    Breach,
    Stake,
    day_loss,
    drawdown,
    facts_of,
    first_breach,
    looks_back_to,
    losing_stops,
    pause_for,
)
from engine.core.account_limits import AccountLimits
from engine.core.market import Market
from engine.core.position import ExitReason, Position, PositionSide
from engine.core.trade import close_books

NOW = 1_780_000_000_000
HOUR, MINUTE = 3_600_000, 60_000
D, D1 = Decimal, Decimal(100)
LIMITS = AccountLimits(max_drawdown=D(10), stop_guard=2)


def position(number, net):
    """A long position of 1 for 100 that stands at a result of ``net`` when the price is right."""
    return Position(
        id=number, owner_id=1, bot_id=number, account="paper:1", market=Market.SPOT,
        symbol="BTCUSDT", base="BTC", quote="USDT", side=PositionSide.LONG, decision=1,
        opened_at=NOW - 100 * HOUR, stop_price=D(1), target_price=D(300),
        entry_qty=D(1), entry_quote=D(100) - net, fee_quote=D(0),
    )  # fmt: skip


def trade(net, *, ago=MINUTE, bot=1, number=0, reason=ExitReason.STOP_LOSS):
    held = replace(position(bot, D(net)), exit_qty=D(1), exit_quote=D(100))
    return replace(close_books(held, reason, NOW - ago), bot_id=bot, position_id=number or 99)


def stake(bot=1, capital=1000, *, result=None, price=D1, keyed=False, quote="USDT"):
    held = None if result is None else position(bot, D(result))
    return Stake(bot, keyed, quote, D(capital), held, price if held else None)


def facts(stakes, trades=(), pauses=(), *, keyed=False, now=NOW):
    return facts_of(stakes, trades, pauses, now, keyed=keyed)


def test_drawdown_is_the_fall_from_the_highest_equity_by_closed_and_open_results():
    some = facts([stake(result=-50)], [trade(200), trade(-100)])
    assert drawdown(some, "USDT", 24) == (D(1200) - D(1050)) / D(1200) * 100


def test_a_loss_that_memory_still_shows_as_open_counts_once():
    loss = trade(-60, bot=1, number=1)
    stale = facts([stake(result=-60)], [loss])
    assert drawdown(stale, "USDT", 24) == drawdown(facts([stake()], [loss]), "USDT", 24) == 6
    breach = Breach("drawdown", "USDT", "6", "6")
    assert pause_for(breach, stale, LIMITS, 1, keyed=False).opened == {}


def test_a_profit_has_no_drawdown():
    assert drawdown(facts([stake(result=50)], [trade(10)]), "USDT", 24) == 0


def test_trades_before_the_window_and_of_deleted_bots_do_not_count():
    some = facts([stake()], [trade(-900, ago=25 * HOUR), trade(-500, bot=7)])
    assert drawdown(some, "USDT", 24) == 0
    assert drawdown(facts([stake()], [trade(-900, ago=24 * HOUR)]), "USDT", 24) == 90


def test_an_unknown_price_measures_nothing_and_passes_no_limit():
    some = facts([stake(result=-900, price=None), stake(2)], [trade(-400, bot=2)])
    assert drawdown(some, "USDT", 24) is None
    assert first_breach(some, LIMITS) is None


def test_paper_and_money_and_each_quote_asset_are_measured_apart():
    stakes = [stake(1), stake(2, keyed=True), stake(3, quote="BTC", capital=1)]
    trades = [trade(-500, bot=2), trade(D("-0.05"), bot=3)]
    paper = facts(stakes, trades)
    assert [drawdown(paper, quote, 24) for quote in paper.quotes] == [5, 0]
    assert first_breach(paper, LIMITS) is None
    real = facts(stakes, trades, keyed=True)
    assert first_breach(real, LIMITS) == Breach("drawdown", "USDT", "10", "50")


def test_the_limit_is_reached_exactly_at_its_value():
    assert first_breach(facts([stake()], [trade(-100)]), LIMITS).measured == "10"
    assert first_breach(facts([stake()], [trade(D("-99.99"))]), LIMITS) is None


@pytest.mark.parametrize(
    ("reason", "net", "counts"),
    [
        (ExitReason.STOP_LOSS, -1, 1),
        (ExitReason.TRAILING_STOP, -1, 1),
        (ExitReason.TRAILING_STOP, 1, 0),
        (ExitReason.LIQUIDATION, -1, 1),
        (ExitReason.SIGNAL, -1, 0),
        (ExitReason.MANUAL, -1, 0),
        (ExitReason.PANIC, -1, 0),
        (ExitReason.TIMEOUT, -1, 0),
        (ExitReason.TAKE_PROFIT, 1, 0),
    ],
)
def test_only_losing_stops_and_liquidations_count_as_stops(reason, net, counts):
    assert losing_stops(facts([stake()], [trade(net, reason=reason)]), 60) == counts


def test_stops_older_than_the_window_do_not_count():
    some = facts([stake()], [trade(-1, ago=61 * MINUTE), trade(-1, ago=60 * MINUTE)])
    assert losing_stops(some, 60) == 1


def test_what_led_to_a_pause_does_not_lead_to_another():
    stakes, trades = [stake(result=-80), stake(2)], [trade(-30), trade(-30, bot=2)]
    limits = LIMITS.model_copy(update={"max_drawdown": D(5)})
    some = facts(stakes, trades)
    pauses = []
    for check in ("stop_guard", "drawdown"):
        breach = first_breach(replace(some, pauses=tuple(pauses)), limits)
        assert breach.check == check
        pauses.append(pause_for(breach, some, limits, 1, keyed=False))
    after = replace(some, pauses=tuple(pauses), now=NOW + HOUR)
    assert first_breach(after, limits) is None
    assert drawdown(after, "USDT", 24) == 0


def test_after_a_pause_only_what_follows_counts_of_a_position_that_was_open():
    pause = AccountPause(1, False, "drawdown", "USDT", NOW, NOW + HOUR, {1: D(-80)})
    closed_worse = replace(trade(-100, number=1), closed_at=NOW + 1)
    after = facts([stake(), stake(2)], [closed_worse], [pause], now=NOW + 2 * HOUR)
    assert drawdown(after, "USDT", 24) == D(20) / D(1920) * 100
    still_open = facts([stake(result=-95), stake(2)], [], [pause], now=NOW + 2 * HOUR)
    assert drawdown(still_open, "USDT", 24) == D(15) / D(1920) * 100


def test_a_pause_begins_no_earlier_than_the_trade_that_led_to_it():
    ahead = replace(trade(-500), closed_at=NOW + 7)
    some = facts([stake()], [ahead])
    pause = pause_for(first_breach(some, LIMITS), some, LIMITS, 1, keyed=False)
    assert (pause.at, pause.until) == (NOW + 7, NOW + HOUR)
    assert drawdown(replace(some, pauses=(pause,)), "USDT", 24) == 0


def test_the_loss_of_a_day_counts_what_is_open_and_is_unknown_without_a_price():
    assert day_loss(D(-3), stake(result=-4)) == 7
    assert day_loss(D(-3), stake()) == 3
    assert day_loss(D(-3), stake(result=-4, price=None)) is None


def test_trades_are_read_as_far_back_as_the_longer_window():
    limits = AccountLimits(drawdown_hours=1, stop_guard_minutes=90)
    assert looks_back_to(limits, NOW) == NOW - 90 * MINUTE


@given(
    nets=st.lists(st.integers(-300, 300), max_size=8), open_=st.integers(-300, 300),
    capital=st.integers(1, 5000),
)  # fmt: skip
def test_drawdown_is_never_negative_and_repeats_nothing_after_its_own_pause(nets, open_, capital):
    some = facts([stake(capital=capital, result=open_)], [trade(net) for net in nets])
    measured = drawdown(some, "USDT", 24)
    assert measured >= 0
    pause = pause_for(Breach("drawdown", "USDT", "", ""), some, LIMITS, 1, keyed=False)
    assert drawdown(replace(some, pauses=(pause,)), "USDT", 24) == 0
