"""Cases of other systems, as far as they speak of the same thing: rounding, stops, results.

Rounding to significant digits and half-way rounding are left out: the exchange's filters know
neither. Ratios are left out too: theirs count the entry's fee into the stake, ours do not.
"""

import json

import pytest

from engine.core.exits import stop_level, tighter
from engine.core.market import Market
from engine.core.money import ceil_to_step, floor_to_step
from engine.core.position import ExitReason, PositionSide
from engine.core.trade import close_books
from tests.unit.core.build import NOW, D, position
from tests.unit.strategies.real import path

DOWN = {"round_down", "truncate"}


def cases(name):
    found = json.loads(path(f"peers/{name}.json").read_text(), parse_float=D, parse_int=D)
    return found["cases"]


def step_of(case):
    """The step of a case, None where its precision is no step."""
    mode = case["precision_mode"]
    if mode == "significant_digits":
        return None
    return case["precision"] if mode == "tick_size" else D(1).scaleb(-int(case["precision"]))


def test_quantities_are_rounded_down_as_elsewhere():
    applied = [case for case in cases("amount_to_precision") if step_of(case) is not None]
    assert len(applied) >= 8
    for case in applied:
        assert floor_to_step(case["amount"], step_of(case)) == case["expected"], case["id"]


def test_prices_are_rounded_up_and_down_as_elsewhere():
    wanted = {"round_up", *DOWN}
    applied = [
        case
        for case in cases("price_to_precision")
        if step_of(case) is not None and case["rounding_mode"] in wanted
    ]
    assert len(applied) >= 15
    for case in applied:
        rounded = floor_to_step if case["rounding_mode"] in DOWN else ceil_to_step
        assert rounded(case["price"], step_of(case)) == case["expected"], case["id"]


def test_a_stop_that_follows_tightens_as_elsewhere():
    (case,) = cases("stop_steps_long_short")[:1]
    stop = stop_level(case["entry_price"], case["steps"][0]["distance"] * 100, long=True)
    for step in case["steps"]:
        if not step.get("initial"):
            moved = stop_level(step["price"], step["distance"] * 100, long=True)
            stop = tighter(stop, moved, long=True)
        assert stop == step["stop"]


def test_results_after_fees_and_funding_are_those_of_others():
    applied = cases("profit_after_fees")
    assert len(applied) >= 10
    for case in applied:
        amount, opened = case["amount"], case["amount"] * case["open_price"]
        closed = amount * case["close_price"]
        held = position(
            market=Market(case["market"]),
            side=PositionSide.SHORT if case["is_short"] else PositionSide.LONG,
            leverage=int(case["leverage"]),
            entry_qty=amount,
            entry_quote=opened,
            exit_qty=amount,
            exit_quote=closed,
            fee_quote=opened * case["fee_open"] + closed * case["fee_close"],
            funding=case["funding_fees_received"],
        )
        net = close_books(held, ExitReason.SIGNAL, NOW).net
        # Some of the expected values were cut off.
        assert net == pytest.approx(case["expected_profit_8dp"], abs=D("0.000002")), case["id"]
