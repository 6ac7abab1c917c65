"""The ordered checks before an entry, each alone and first come first told."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.account_limits import AccountLimits
from engine.core.bot_state import BotState
from engine.core.checks import (
    CHECKS,
    Outcome,
    Refused,
    all_checks,
    first_refusal,
    liquidation_distance,
)
from engine.core.checks.money import unfit
from engine.core.hours import TradingHours
from engine.core.liquidity import LiquidityFloor
from tests.unit.core.build import NOW, D, config, decimals, rules
from tests.unit.core.entry import count, facts, futures

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


MISFITS = [
    ({}, D("0.001"), None),
    ({"rules": rules(step_size=D("0.01"))}, D("0.001"), Refused("step", "0.01", "0.001")),
    ({"rules": rules(max_qty=D("0.0005"))}, D("0.001"), Refused("too_large", "0.0005", "0.001")),
    ({"rules": rules(max_notional=D(49))}, D("0.001"), Refused("too_large", "49", "50")),
    ({"free": D("49.99")}, D("0.001"), Refused("sufficient", "50", "49.99")),
    (futures(free=D("5.04")), D("0.001"), Refused("sufficient", "5.05", "5.04")),
]


@pytest.mark.parametrize(("change", "quantity", "refusal"), MISFITS)
def test_a_quantity_decided_before_is_held_against_filters_and_money_of_now(
    change, quantity, refusal
):
    assert unfit(facts(**change), quantity) == refusal


@given(decimals("0.0001", "0.01", 5))
def test_a_quantity_that_fits_can_be_sold_at_its_stop(quantity):
    seen = facts()

    if unfit(seen, quantity) is None:
        assert quantity * seen.price * D("0.99") >= seen.rules.min_notional
