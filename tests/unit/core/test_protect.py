"""Whatever a crash, a refusal or the exchange left behind, protection converges."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.order import Leg, OrderKind, OrderState
from engine.core.position import ExitReason, PositionState
from engine.core.scene import (
    Alarm,
    AskClose,
    CancelOrder,
    CloseBooks,
    Covered,
    PlanOrders,
    StartNakedClock,
)
from tests.unit.core.build import D, rules
from tests.unit.core.desk import Desk, exits_by_leg

S = OrderState
TROUBLE = st.sampled_from([S.OPEN, S.REJECTED, S.NOT_PLACED, S.UNKNOWN, S.EXPIRED, S.CANCELLED])
CHAOS = st.lists(st.tuples(st.sampled_from(["answer", "fill", "part", "wait"]), TROUBLE))
HELD = st.sampled_from(["0.001", "0.00123456", "0.0001", "0.00002", "0.5"])
PRICES = st.sampled_from(["50000", "49000", "51500", "49500.01"])


def disturb(desk, what, state):
    """One thing that an exchange may do to whatever is under way."""
    busy = desk.in_state(S.PLANNED, S.SENT, S.UNKNOWN, S.OPEN, S.PART_FILLED, S.CANCELLING)
    if not busy or what == "wait":
        return
    one = busy[0]
    if what == "answer":
        desk.answer(one, state)
    elif what == "fill":
        desk.fill(one)
    elif one.open_qty > D("0.00002"):
        desk.fill(one, D("0.00001"))


@given(HELD, PRICES, CHAOS)
def test_after_any_trouble_a_calm_exchange_ends_covered_closed_or_told(held, price, chaos):
    desk = Desk(held, price)

    for what, state in chaos:
        desk.look()
        disturb(desk, what, state)
    desk.settle(passes=30)

    covered = desk.cover() == desk.sellable() > 0
    assert desk.closed or covered or desk.alarms


@given(HELD, PRICES, CHAOS)
def test_exits_never_offer_more_than_is_held(held, price, chaos):
    desk = Desk(held, price)

    for what, state in chaos:
        desk.look()
        assert _offered(desk) <= max(desk.position.held, D(0))
        disturb(desk, what, state)


def _offered(desk):
    """What could be sold if everything under way filled; the legs of a list count once."""
    live = desk.in_state(S.PLANNED, S.SENT, S.UNKNOWN, S.OPEN, S.PART_FILLED, S.CANCELLING)
    lists = {o.list_id or o.client_id: o.open_qty for o in live}
    return sum(lists.values(), start=D(0))


@given(HELD, PRICES, CHAOS)
def test_asking_again_without_news_changes_nothing_more(held, price, chaos):
    desk = Desk(held, price)
    for what, state in chaos:
        desk.look()
        disturb(desk, what, state)
    desk.settle(passes=30)

    before = (desk.position, dict(desk.orders))
    desk.look()

    assert (desk.position, desk.orders) == before


@given(HELD, PRICES, CHAOS)
def test_a_close_that_was_asked_for_ends_flat_or_told(held, price, chaos):
    desk = Desk(held, price)
    for what, state in chaos:
        desk.look()
        disturb(desk, what, state)
    if desk.position.state is PositionState.OPEN:
        desk._apply(AskClose(ExitReason.MANUAL))

    desk.settle(passes=30)

    assert desk.alarms or (desk.closed and desk.position.sellable(desk.rules) < D("0.00011"))


def test_a_fresh_position_gets_one_oco_for_all_its_coins():
    desk = Desk("0.00123456")

    clock, plan = desk.look()

    target, stop = plan.orders
    assert isinstance(clock, StartNakedClock)
    assert (target.kind, target.price, target.quantity) == (
        OrderKind.LIMIT,
        D(51_000),
        D("0.00123"),
    )
    assert (stop.kind, stop.stop_price, stop.price) == (OrderKind.STOP, D(49_500), None)
    assert target.list_id == stop.list_id == "sk1a-7-3-l1"


def test_a_symbol_without_stop_market_orders_gets_a_limit_with_room():
    desk = Desk(known=rules(order_types=frozenset({"STOP_LOSS_LIMIT"})))

    stop = desk.look()[-1].orders[1]

    assert (stop.kind, stop.price) == (OrderKind.STOP_LIMIT, D(48_510))


def test_a_standing_stop_covers():
    desk = Desk()
    desk.look()
    desk.send_calmly()

    assert desk.look() == [Covered()]
    assert desk.position.naked_since is None


def test_an_unanswered_exit_is_waited_for():
    desk = Desk()
    desk.look()

    assert desk.look() == []


@pytest.mark.parametrize(
    ("price", "reason"), [("49500", ExitReason.STOP_LOSS), ("51000", ExitReason.TAKE_PROFIT)]
)
def test_a_price_beyond_a_level_closes_at_once(price, reason):
    desk = Desk(price=price)

    assert desk.look()[-1] == AskClose(reason)


def test_a_close_that_is_refused_again_and_again_alarms_and_goes_on_ever_more_slowly():
    desk = Desk(pace=100)
    desk._apply(AskClose(ExitReason.PANIC))
    tries = []

    while len(tries) < 6:
        desk.look()
        for planned in desk.in_state(S.PLANNED):
            tries.append(desk.now)
            desk.answer(planned, S.REJECTED)

    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000]
    assert Alarm("alarm.close_refused").problem in desk.alarms


def test_a_market_close_that_dies_without_a_fill_is_not_repeated_at_once():
    desk = Desk(pace=100)
    desk._apply(AskClose(ExitReason.MANUAL))
    desk.look()
    desk.answer(desk.in_state(S.PLANNED)[0], S.EXPIRED)

    assert desk.look() == []


def test_nothing_is_planned_while_fills_are_reported_but_not_read():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    stop = exits_by_leg(desk, Leg.STOP)[0]
    target = exits_by_leg(desk, Leg.TARGET)[0]
    desk._put(target, S.EXPIRED)
    desk._put(replace(stop, filled_qty=stop.quantity), S.FILLED)

    assert not any(isinstance(step, PlanOrders | CloseBooks) for step in desk.look())


def test_a_position_kept_without_orders_starts_no_naked_clock():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    desk.position = replace(desk.position, guarded=False, naked_since=None)

    desk.look()
    desk.look()

    assert desk.position.naked_since is None


def test_closing_cancels_the_standing_exits_first():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    desk._apply(AskClose(ExitReason.MANUAL))

    (cancel,) = desk.look()
    assert isinstance(cancel, CancelOrder)
    assert desk.look() == []
    desk.send_calmly()
    (plan,) = desk.look()

    assert isinstance(plan, PlanOrders)
    assert plan.orders[0].reason == "MANUAL"


def test_a_fill_that_wins_against_its_cancel_closes_the_books_with_it():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    desk._apply(AskClose(ExitReason.MANUAL))
    desk.look()
    desk.fill(exits_by_leg(desk, Leg.TARGET)[0])

    desk.settle()

    assert desk.closed
    assert exits_by_leg(desk, Leg.CLOSE) == []


def test_what_is_too_small_to_sell_is_dust():
    desk = Desk("0.00002")

    desk.settle()

    assert desk.closed
    assert desk.position.held == D("0.00002")


def test_a_position_kept_without_orders_is_left_alone():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    desk.position = replace(desk.position, guarded=False)

    desk.settle()

    assert desk.in_state(S.OPEN) == []
    assert desk.position.state is PositionState.OPEN


def test_more_coins_after_a_partial_entry_are_covered_too():
    desk = Desk(pace=1_000)
    desk.look()
    desk.send_calmly()
    desk.position = replace(desk.position, entry_qty=D("0.002"), entry_quote=D(100))

    desk.settle()

    assert desk.cover() == D("0.002")


def test_nothing_held_and_nothing_under_way_closes_the_books():
    desk = Desk()
    desk.position = replace(desk.position, exit_qty=D("0.001"), exit_quote=D(51))

    assert desk.look() == [CloseBooks()]


def test_an_exit_that_outlives_its_position_is_removed():
    desk = Desk()
    desk.look()
    desk.send_calmly()
    desk.position = replace(desk.position, state=PositionState.CLOSED)

    desk.settle()

    assert desk.in_state(S.OPEN) == []
