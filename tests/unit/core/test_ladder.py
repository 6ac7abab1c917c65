"""Exits that the exchange refuses are clamped, watched, or replaced by a close: rung by rung."""

from dataclasses import replace

import pytest

from engine.core.order import Leg, OrderKind, OrderState, Refusal
from engine.core.position import ExitReason
from engine.core.scene import AskClose, Covered, ExitChange
from tests.unit.core.build import D, rules
from tests.unit.core.desk import Desk

S = OrderState


@pytest.mark.parametrize("refusal", [Refusal.PRICE_BAND, Refusal.OTHER])
def test_a_list_refused_for_its_target_becomes_a_stop_alone_and_a_watched_target(refusal):
    desk = Desk(pace=100)
    desk.look()
    desk.refuse(desk.in_state(S.PLANNED)[0], refusal)

    assert desk.look()[-1].change is ExitChange.TARGET_WATCHED
    (stop,) = desk.look()[-1].orders
    assert (stop.leg, stop.list_id, stop.reason) == (Leg.STOP, None, "STOP_LOSS")
    desk.send_calmly()
    assert desk.look() == [Covered()]
    desk.price = D(51_000)
    assert desk.look() == [AskClose(ExitReason.TAKE_PROFIT)]


@pytest.mark.parametrize(
    ("price", "reason"), [("49600", ExitReason.STOP_LOSS), ("50900", ExitReason.TAKE_PROFIT)]
)
def test_a_list_that_would_trigger_at_once_closes_for_the_nearer_level(price, reason):
    desk = Desk(price=price, pace=100)
    desk.look()
    desk.refuse(desk.in_state(S.PLANNED)[0], Refusal.WOULD_TRIGGER)

    assert desk.look()[-1] == AskClose(reason)


def test_a_stop_outside_the_price_band_is_clamped_to_the_tighter_side():
    desk = Desk(known=rules(percent_down=D("0.995")))
    desk.position = replace(desk.position, watches_target=True)
    desk.look()
    desk.refuse(desk.in_state(S.PLANNED)[0], Refusal.PRICE_BAND)
    desk.price = D(51_000)
    desk.position = replace(desk.position, target_price=D(60_000))

    step = desk.look()[-1]

    assert (step.change, step.stop_price) == (ExitChange.STOP_CLAMPED, D("51252.45"))


def test_refused_exits_lead_to_a_market_close():
    desk = Desk()
    desk.look()
    desk.answer(desk.in_state(S.PLANNED)[0], S.REJECTED)
    desk.now += 6_000

    told, asked = desk.look()
    assert told.change is ExitChange.CLOSING
    assert asked == AskClose(ExitReason.UNPROTECTED)
    assert desk.look()[0].orders[0].kind is OrderKind.MARKET


def test_a_moved_stop_makes_room_at_once():
    desk = Desk(pace=1)
    desk.look()
    desk.send_calmly()
    desk.look()
    desk.position = replace(desk.position, stop_price=D(49_900), best_price=D(50_400))

    (cancel,) = desk.look()
    desk.send_calmly()
    plan = desk.look()[-1]

    assert cancel.order.leg is Leg.STOP
    assert [o.reason for o in plan.orders] == ["TAKE_PROFIT", "TRAILING_STOP"]
    assert plan.orders[1].stop_price == D(49_900)
