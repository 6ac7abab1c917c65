"""Futures: a stop on the whole position first, moved by placing before cancelling."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.order import Leg, OrderKind, OrderState, Refusal
from engine.core.position import ExitReason, PositionSide, PositionState
from engine.core.scene import AskClose, CancelOrder, CloseBooks, Covered, ExitChange, PlanOrders
from tests.unit.core.build import D
from tests.unit.core.desk import exits_by_leg
from tests.unit.core.futures_desk import FuturesDesk

S = OrderState
BUSY = (S.PLANNED, S.SENT, S.UNKNOWN, S.OPEN, S.PART_FILLED, S.CANCELLING)
ANSWERS = st.sampled_from([S.OPEN, S.REJECTED, S.NOT_PLACED, S.UNKNOWN, S.EXPIRED, S.CANCELLED])
ACTS = st.sampled_from(["answer", "fill", "part", "wait", "trail", "send"])
CHAOS = st.lists(st.tuples(ACTS, ANSWERS, st.integers(0, 5)), max_size=25)
SIDES = st.sampled_from(PositionSide)


def disturb(desk, act, state, which):
    """One thing that an exchange, a price or a candle may do."""
    busy = desk.in_state(*BUSY)
    if act == "trail" and desk.position.state is PositionState.OPEN:
        step = D(7) if desk.position.side is PositionSide.LONG else D(-7)
        moved = desk.position.stop_price + step
        desk.position = replace(desk.position, stop_price=moved, best_price=desk.price)
    if act == "send":
        desk.send_calmly()
    if not busy or act in {"wait", "trail", "send"}:
        return
    one = busy[which % len(busy)]
    if act == "answer":
        desk.answer(one, state)
    elif act == "fill":
        desk.fill(one)
    elif not one.close_position:
        desk.fill(one, D("0.00001"))


def standing(desk, leg):
    return [o for o in exits_by_leg(desk, leg) if o.state in {S.OPEN, S.PART_FILLED}]


@given(SIDES, CHAOS)
def test_after_any_trouble_a_calm_exchange_ends_covered_by_one_stop_closed_or_told(side, chaos):
    desk = FuturesDesk(side)

    for act, state, which in chaos:
        desk.look()
        disturb(desk, act, state, which)
    desk.settle(passes=40)

    stops = standing(desk, Leg.STOP)
    right = [o.stop_price for o in stops] == [desk.position.stop_price]
    covered = right and desk.cover() >= desk.sellable() > 0
    assert (desk.closed and not desk.in_state(*BUSY)) or covered or desk.alarms


@given(SIDES, CHAOS)
def test_the_position_is_never_turned_around(side, chaos):
    desk = FuturesDesk(side)

    for act, state, which in chaos:
        desk.look()
        disturb(desk, act, state, which)
        assert desk.position.held >= 0


@given(SIDES, CHAOS)
def test_asking_again_without_news_changes_nothing_more(side, chaos):
    desk = FuturesDesk(side)
    for act, state, which in chaos:
        desk.look()
        disturb(desk, act, state, which)
    desk.settle(passes=40)

    before = (desk.position, dict(desk.orders))
    desk.look()

    assert (desk.position, desk.orders) == before


@given(SIDES, CHAOS)
def test_while_a_stop_is_moved_one_always_stands(side, chaos):
    desk = FuturesDesk(side, pace=10)
    desk.settle()

    for act, _, _ in chaos:
        disturb(desk, act if act in {"trail", "wait"} else "send", S.OPEN, 0)
        desk.look()
        assert desk.cover() >= desk.sellable() > 0


@pytest.mark.parametrize("side", PositionSide)
def test_a_fresh_position_gets_a_stop_on_the_whole_and_a_reduce_only_target(side):
    desk = FuturesDesk(side)

    _, first, second = desk.look()

    (stop,), (target,) = first.orders, second.orders
    assert (stop.kind, stop.close_position, stop.reduce_only) == (OrderKind.STOP, True, False)
    assert (target.kind, target.reduce_only) == (OrderKind.TAKE_PROFIT, True)
    assert (stop.stop_price, target.stop_price) == (
        desk.position.stop_price,
        desk.position.target_price,
    )
    assert stop.side is target.side is side.exit
    assert stop.list_id is target.list_id is None


def test_a_moved_stop_is_placed_before_the_old_one_goes():
    desk = FuturesDesk()
    desk.settle()
    desk.position = replace(desk.position, stop_price=D(49_800), best_price=D(50_300))

    (plan, *_) = desk.look()
    assert isinstance(plan, PlanOrders)
    (new,) = plan.orders
    assert (new.close_position, new.reduce_only, new.quantity) == (False, True, D("0.001"))
    assert new.reason == ExitReason.TRAILING_STOP
    assert desk.look() == []
    desk.send_calmly()
    cancel, covered = desk.look()

    assert isinstance(cancel, CancelOrder)
    assert cancel.order.close_position
    assert covered == Covered()


def test_a_stop_that_would_be_moved_beyond_the_price_closes_at_once():
    desk = FuturesDesk()
    desk.settle()
    desk.price = D(49_700)
    desk.position = replace(desk.position, stop_price=D(49_800), best_price=D(50_300))

    assert desk.look() == [AskClose(ExitReason.TRAILING_STOP)]


def test_a_moved_stop_that_would_trigger_at_once_closes_as_a_trailing_stop():
    desk = FuturesDesk()
    desk.settle()
    desk.position = replace(desk.position, stop_price=D(49_800), best_price=D(50_300))
    desk.look()
    desk.refuse(desk.in_state(S.PLANNED)[0], Refusal.WOULD_TRIGGER)

    assert desk.look() == [AskClose(ExitReason.TRAILING_STOP)]


def test_a_stop_that_cannot_be_moved_is_tried_more_slowly_while_the_old_one_stands():
    desk = FuturesDesk(pace=100)
    desk.settle()
    desk.position = replace(desk.position, stop_price=D(49_800), best_price=D(50_300))
    tries = []

    for _ in range(100):
        desk.look()
        for planned in desk.in_state(S.PLANNED):
            tries.append(desk.now)
            desk.refuse(planned, Refusal.OTHER)

    assert desk.position.state is PositionState.OPEN
    assert [later - earlier for earlier, later in pairwise(tries)][:3] == [1_000, 2_000, 4_000]
    assert len(standing(desk, Leg.STOP)) == 1


def test_a_filled_stop_ends_the_position_and_the_target_is_removed_at_once():
    desk = FuturesDesk(pace=1)
    desk.settle()
    desk.fill(standing(desk, Leg.STOP)[0])

    assert desk.look() == [CloseBooks()]
    (cancel,) = desk.look()

    assert cancel.order.leg is Leg.TARGET


def test_a_target_that_filled_in_part_is_left_standing_for_the_rest():
    desk = FuturesDesk()
    desk.settle()
    desk.fill(standing(desk, Leg.TARGET)[0], D("0.0004"))

    assert desk.look() == [Covered()]


def test_more_held_means_a_new_target_while_the_stop_stays():
    desk = FuturesDesk()
    desk.settle()
    desk.position = replace(desk.position, entry_qty=D("0.002"), entry_quote=D(100))

    desk.settle()

    assert [o.open_qty for o in standing(desk, Leg.TARGET)] == [D("0.002")]
    assert len(exits_by_leg(desk, Leg.STOP)) == 1


def test_closing_sells_first_and_removes_the_exits_afterwards():
    desk = FuturesDesk()
    desk.settle()
    desk._apply(AskClose(ExitReason.MANUAL))

    (plan,) = desk.look()

    assert plan.orders[0].reduce_only
    assert plan.orders[0].kind is OrderKind.MARKET
    assert len(desk.in_state(S.OPEN)) == 2


def test_a_stop_of_unknown_fate_is_not_waited_for_beyond_the_naked_limit():
    desk = FuturesDesk(pace=100)
    desk.look()
    for one in desk.in_state(S.PLANNED):
        desk._put(one, S.UNKNOWN)
    desk.look()
    desk.now += 6_000

    assert AskClose(ExitReason.UNPROTECTED) in desk.look()
    (plan,) = desk.look()
    assert plan.orders[0].leg is Leg.CLOSE


def test_a_stop_on_the_whole_that_is_refused_is_followed_by_one_with_a_quantity():
    desk = FuturesDesk()
    desk.look()
    stop = exits_by_leg(desk, Leg.STOP)[0]
    desk.refuse(stop, Refusal.OTHER)

    told, plan = desk.look()

    assert told.change is ExitChange.STOP_WATCHED
    assert not plan.orders[0].close_position


def test_a_refused_target_is_watched_while_the_stop_stands():
    desk = FuturesDesk()
    desk.look()
    desk.accept(exits_by_leg(desk, Leg.STOP)[0])
    desk.refuse(exits_by_leg(desk, Leg.TARGET)[0], Refusal.PRICE_BAND)

    watched, covered = desk.look()
    assert watched.change is ExitChange.TARGET_WATCHED
    assert covered == Covered()
    desk.price = desk.position.target_price

    assert desk.look() == [AskClose(ExitReason.TAKE_PROFIT)]
