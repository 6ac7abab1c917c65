"""Fills that are reported but cannot be read: nothing is guessed, and nobody stays naked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason, PositionState, add_fill
from engine.core.scene import AskClose, PlanOrders, StartNakedClock
from tests.unit.core.build import D, fill
from tests.unit.core.desk import Desk, exits_by_leg
from tests.unit.core.futures_desk import FuturesDesk

WHOLE = D("0.001")
desks = pytest.mark.parametrize("made", [Desk, FuturesDesk])


def unread_entry(desk, read):
    """The entry bought 0.001, of which the trades of ``read`` were told."""
    (entry,) = desk.orders.values()
    desk.orders[entry.client_id] = replace(entry, booked_qty=read)
    desk.position = replace(desk.position, entry_qty=read, entry_quote=read * 50_000)


def read_on(desk, one):
    """The trades that were missing are read after all."""
    quantity = one.filled_qty - one.booked_qty
    price = one.price or desk.price
    desk.position = add_fill(desk.position, fill(99, quantity=quantity, price=price), one.leg)
    desk.orders[one.client_id] = replace(one, booked_qty=one.filled_qty)


def planned(steps):
    return [order for step in steps if isinstance(step, PlanOrders) for order in step.orders]


@desks
def test_what_is_known_to_be_held_is_closed_after_the_naked_limit_and_the_rest_when_it_is_read(
    made,
):
    desk = made(pace=1_000)
    unread_entry(desk, D("0.0006"))
    assert desk.look() == [StartNakedClock()]
    assert [desk.look() for _ in range(5)] == [[]] * 5

    assert desk.look() == [AskClose(ExitReason.UNPROTECTED)]
    (close,) = planned(desk.look())
    assert (close.leg, close.quantity) == (Leg.CLOSE, D("0.0006"))
    desk.fill(close)
    assert desk.look() == []
    read_on(desk, next(o for o in desk.orders.values() if o.leg is Leg.ENTRY))
    (rest,) = planned(desk.look())
    assert rest.quantity == D("0.0004")
    desk.fill(rest)
    desk.settle()
    assert desk.closed


@desks
def test_what_an_unread_exit_sold_is_never_sold_again(made):
    desk = made(pace=3_000)
    desk.look()
    desk.send_calmly()
    (stop,) = exits_by_leg(desk, Leg.STOP)
    for sister in desk.in_state(OrderState.OPEN):
        desk.answer(sister, OrderState.EXPIRED)
    sold = replace(stop, state=OrderState.FILLED, filled_qty=WHOLE, booked_qty=D(0))
    desk.orders[stop.client_id] = sold

    for _ in range(20):
        assert not planned(desk.look())
    read_on(desk, sold)
    desk.settle()
    assert desk.closed
    assert len(exits_by_leg(desk, Leg.CLOSE)) == 0


@given(
    st.sampled_from([Desk, FuturesDesk]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([Leg.STOP, Leg.TARGET]),
)
def test_a_close_never_sells_more_than_is_certainly_held(made, bought, sold, leg):
    desk = made(pace=3_000)
    desk.look()
    desk.send_calmly()
    one = exits_by_leg(desk, leg)[0]
    held = D(bought) / 10_000
    for sister in desk.in_state(OrderState.OPEN):
        desk.answer(sister, OrderState.EXPIRED)
    gone = min(D(sold) / 10_000, held)
    desk.orders[one.client_id] = replace(one, state=OrderState.EXPIRED, filled_qty=gone)
    entry = next(o for o in desk.orders.values() if o.leg is Leg.ENTRY)
    desk.orders[entry.client_id] = replace(entry, booked_qty=held)
    desk.position = replace(desk.position, entry_qty=held, entry_quote=held * 50_000)

    closes = [close for _ in range(10) for close in planned(desk.look())]

    assert sum((c.quantity for c in closes), D(0)) <= held - gone
    assert desk.position.state is not PositionState.CLOSED
