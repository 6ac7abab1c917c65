"""The ordered checks before an entry, each alone and first come first told."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.core.account_limits import AccountLimits
from engine.core.bot_config import Direction, Sizing
from engine.core.bot_state import BOT_TABLE, BotEvent, BotState, next_bot_state
from engine.core.checks import (
    CHECKS,
    DayCount,
    EntryFacts,
    FuturesTerms,
    Outcome,
    Refused,
    all_checks,
    first_refusal,
    liquidation_distance,
)
from engine.core.client_id import decode_client_id
from engine.core.decide import (
    Approved,
    EntryPlan,
    approve_entry,
    plan_entry,
    wanted_side,
    wants_exit,
)
from engine.core.errors import IllegalEvent
from engine.core.hours import TradingHours
from engine.core.liquidity import LiquidityFloor
from engine.core.market import Market
from engine.core.order import OrderKind, OrderState, Side
from engine.core.position import PositionSide, PositionState
from engine.core.signal import Action, Signal
from tests.unit.core.build import NOW, D, config, decimals, position, rules


def facts(**changes):
    """Everything is fine."""
    values = {
        "config": config(),
        "state": BotState.WAITING,
        "rules": rules(),
        "price": D(50_000),
        "free": D(1000),
        "capital": D(1000),
        "day": DayCount("2026-05-29"),
        "holding": False,
        "mode_allowed": True,
        "stream_live": True,
        "reconciled": True,
        "clock_ok": True,
    }
    return EntryFacts(**values | changes)


def count(**changes):
    return DayCount("2026-05-29", **changes)


TERMS = FuturesTerms(20, D("0.01"))


def futures(leverage=10, terms=TERMS, kinds=("STOP_MARKET",), **changes):
    """A futures bot that is fine."""
    known = rules(market=Market.FUTURES, order_types=frozenset(kinds))
    way = config(market=Market.FUTURES, leverage=leverage, **changes.pop("settings", {}))
    return {"rules": known, "config": way, "terms": terms} | changes


MORNING = TradingHours(start=time(9), end=time(12), weekdays=(0, 1, 2, 3, 4), zone="Europe/Berlin")
LOSS = config(max_daily_loss=D(20))
FAILURES = [
    ({"state": BotState.PAUSED}, Refused("active", "running", "paused")),
    ({"mode_allowed": False}, Refused("mode", "allowed", "paper")),
    ({"stream_live": False}, Refused("stream", "ok", "not ok")),
    ({"reconciled": False}, Refused("reconciled", "ok", "not ok")),
    ({"clock_ok": False}, Refused("clock", "ok", "not ok")),
    ({"rules": rules(status="HALT")}, Refused("symbol_trading", "TRADING", "HALT")),
    ({"rules": rules(oco_allowed=False)}, Refused("protection", "OCO", "–")),
    (futures(kinds=()), Refused("protection", "STOP_MARKET", "–")),
    (
        {"floor": LiquidityFloor(frozenset({"ETHUSDT"}))},
        Refused("liquidity", "–", "not listed"),
    ),
    ({"floor": LiquidityFloor(min_volume=D(1000))}, Refused("liquidity", "1000", "unknown")),
    (
        {"floor": LiquidityFloor(min_volume=D(1000)), "volume": D("999.994")},
        Refused("liquidity", "1000", "999.99"),
    ),
    (
        {"config": config(trading_hours=MORNING), "now": NOW},
        Refused("hours", "09:00-12:00 mon-fri Europe/Berlin", "fri 14:00"),
    ),
    (
        {"config": config(cooldown_minutes=5), "now": NOW, "last_loss_at": NOW - 299_999},
        Refused("cooldown", "5", "4"),
    ),
    ({"holding": True}, Refused("one_position", "0", "1")),
    (futures(symbol_held="Berta"), Refused("symbol_free", "0", "Berta")),
    (futures(terms=None), Refused("leverage", "10", "unknown")),
    (futures(leverage=25), Refused("leverage", "20", "25")),
    (futures(settings={"stop_loss": D("8.8")}), Refused("liquidation", "8.8", "8.8")),
    (
        {"limits": AccountLimits(max_open_positions=3), "open_positions": 3},
        Refused("open_positions", "3", "3"),
    ),
    (
        {"limits": AccountLimits(max_exposure=D(100)), "exposure": D("75.01")},
        Refused("exposure", "100", "100.01"),
    ),
    (
        {"limits": AccountLimits(max_exposure=D(100)), "exposure": None},
        Refused("exposure", "100", "unknown"),
    ),
    ({"day": count(entries=10)}, Refused("daily_trades", "10", "10")),
    ({"config": LOSS, "day": count(net=D(-20))}, Refused("daily_loss", "20", "20")),
    (
        {"config": LOSS, "day": count(net=D(-15)), "open_result": D(-5)},
        Refused("daily_loss", "20", "20"),
    ),
    ({"config": LOSS, "open_result": None}, Refused("daily_loss", "20", "unknown")),
    (
        {"config": config(daily_target=D(30)), "day": count(net=D(30))},
        Refused("daily_target", "30", "30"),
    ),
    ({"confidence": 59}, Refused("confidence", "60", "59")),
    ({"drawdown_known": False}, Refused("open_result", "ok", "unknown")),
    ({"free": D("9.99")}, Refused("balance", "10", "9.99")),
    ({"config": config(size=D(4))}, Refused("trade_value", "5", "4")),
    ({"config": config(size=D(90)), "free": D(50)}, Refused("sufficient", "90", "50")),
    (
        futures(settings={"size": D(90)}, free=D(90), capital=D(1000)),
        Refused("sufficient", "90.9", "90"),
    ),
    ({"config": config(size=D(6))}, Refused("too_small", "7", "6")),
]


@pytest.mark.parametrize(
    ("change", "refusal"), FAILURES, ids=[f"{n} {r.check}" for n, (_, r) in enumerate(FAILURES)]
)
def test_each_check_refuses_with_its_limit_and_the_measured_value(change, refusal):
    assert first_refusal(facts(**change)) == refusal


def test_every_check_is_tested_here():
    tested = {refusal.check for _, refusal in FAILURES}

    assert {name for name, _ in CHECKS} - tested == {"exchange_ready"}


def test_nothing_refuses_when_everything_is_fine():
    assert first_refusal(facts()) is None
    assert first_refusal(facts(**futures())) is None


@given(st.integers(1, 50), decimals("0.004", "0.05", 4), decimals("1", "90000", 2))
def test_a_stop_that_passes_the_check_lies_before_the_liquidation_price(lever, keep, price):
    """Isolated: liquidated where margin less loss is the maintenance share of the notional."""
    distance = liquidation_distance(lever, keep)
    assume(distance > 0)

    at_stop = price * (1 - distance / 100)
    margin_left = price / lever - (price - at_stop)

    assert margin_left > at_stop * keep


def test_leverage_multiplies_what_the_stake_trades():
    approved = approve_entry(facts(**futures(settings={"size": D(25)})), PositionSide.SHORT)

    assert (approved.side, approved.size.notional) == (PositionSide.SHORT, D(250))


def test_the_first_check_in_the_list_is_the_one_that_is_told():
    all_wrong = facts(**{key: value for change, _ in FAILURES for key, value in change.items()})

    assert first_refusal(all_wrong).check == "active"
    assert first_refusal(replace(all_wrong, state=BotState.WAITING)).check == "mode"


def test_the_list_of_all_checks_tells_what_passes_what_refuses_and_what_nobody_knows():
    hot = facts(
        config=config(max_daily_loss=D(20), trading_hours=MORNING), now=NOW, open_result=None
    )

    outcomes = {each.check: each for each in all_checks(hot)}

    assert list(outcomes) == [name for name, _ in CHECKS]
    kinds = {name: each.outcome for name, each in outcomes.items()}
    assert kinds.pop("hours") is Outcome.REFUSED
    assert kinds.pop("daily_loss") is Outcome.UNKNOWN
    assert set(kinds.values()) == {Outcome.PASSED}
    assert outcomes["hours"].refused == first_refusal(hot)


@given(st.sampled_from(FAILURES))
def test_the_first_refusal_is_the_first_of_all_checks_that_did_not_pass(failure):
    seen = facts(**failure[0])

    refused = [each.refused for each in all_checks(seen) if each.outcome is not Outcome.PASSED]

    assert refused[0] == first_refusal(seen)


def test_a_cooldown_ends_to_the_millisecond_and_concerns_losses_alone():
    resting = config(cooldown_minutes=5)

    assert first_refusal(facts(config=resting, now=NOW, last_loss_at=NOW - 300_000)) is None
    assert first_refusal(facts(config=resting, now=NOW)) is None


def test_the_last_position_and_the_last_money_that_the_limits_allow_are_entered():
    limits = AccountLimits(max_open_positions=3, max_exposure=D(100))

    assert first_refusal(facts(limits=limits, open_positions=2, exposure=D(75))) is None


def test_leverage_counts_in_the_exposure():
    limits = AccountLimits(max_exposure=D(100))
    refused = first_refusal(facts(**futures(leverage=10, limits=limits)))

    assert refused == Refused("exposure", "100", "250")


def test_a_limit_that_is_off_refuses_nothing():
    free = config(max_daily_trades=None, max_daily_loss=None)

    assert first_refusal(facts(config=free, day=count(entries=999, net=D(-999)))) is None


def test_an_approval_carries_the_size_by_the_cap():
    approved = approve_entry(facts(config=config(size=D(500))))

    assert isinstance(approved, Approved)
    assert approved.side is PositionSide.LONG
    assert approved.size.notional == 100


def test_an_amount_that_no_filter_takes_is_refused_with_the_smallest_that_works():
    refused = approve_entry(facts(config=config(size=D(6))))

    assert refused.check == "too_small"
    assert D(refused.limit) > D(refused.measured) == 6


def test_percent_sizing_is_approved_alike():
    bot = config(sizing=Sizing.PERCENT, size=D(5))

    assert approve_entry(facts(config=bot)).size.notional == 50


def test_the_planned_entry_is_the_approved_one():
    approved = approve_entry(facts())
    plan = EntryPlan("1a", 1, 7, "paper:7", 3, 44, NOW)

    planned = plan_entry(approved, plan)

    assert (planned.state, planned.kind, planned.side) == (
        OrderState.PLANNED,
        OrderKind.MARKET,
        Side.BUY,
    )
    assert planned.quantity == approved.size.quantity
    assert decode_client_id(planned.client_id).decision == 3
    assert plan_entry(approved, plan) == planned


@given(st.sampled_from(Action), st.sampled_from(Direction))
def test_a_signal_enters_the_way_it_points_where_the_bot_may_go_that_way(action, direction):
    way = config(market=Market.FUTURES, direction=direction)
    wanted = {Action.BUY: PositionSide.LONG, Action.SELL: PositionSide.SHORT}.get(action)
    may = wanted is not None and direction.value in {wanted.value, "both"}

    assert wanted_side(Signal(action, NOW, 1.0, "x"), way) is (wanted if may else None)


def test_spot_bots_have_no_leverage_and_only_go_long():
    for change in ({"leverage": 2}, {"direction": Direction.BOTH}):
        with pytest.raises(ValidationError, match="only go long"):
            config(**change)


def test_more_leverage_than_the_cap_is_the_cap():
    assert config(market=Market.FUTURES, leverage=125).leverage == 50


@given(st.sampled_from(Action), st.sampled_from(PositionState), st.booleans())
def test_the_opposite_signal_closes_what_is_open_and_guarded(action, state, guarded):
    held = position(state=state, guarded=guarded)
    due = action is Action.SELL and state is PositionState.OPEN and guarded

    assert wants_exit(Signal(action, NOW, 1.0, "x"), held) is due
    assert not wants_exit(Signal(action, NOW, 1.0, "x"), None)


def test_a_buy_closes_a_short():
    short = position(side=PositionSide.SHORT)

    assert wants_exit(Signal(Action.BUY, NOW, 1.0, "x"), short)


@given(st.sampled_from(BotState), st.sampled_from(BotEvent))
def test_a_bot_moves_by_its_table_alone(state, event):
    if (state, event) in BOT_TABLE:
        assert next_bot_state(state, event) is BOT_TABLE[state, event]
        return
    with pytest.raises(IllegalEvent):
        next_bot_state(state, event)


@given(st.sampled_from(BotState))
def test_every_bot_can_be_stopped(state):
    assert next_bot_state(state, BotEvent.STOP) is BotState.STOPPED
