"""Edges of protecting that once went wrong."""

from dataclasses import replace

from engine.core.order import Leg
from engine.core.position import PositionState
from engine.core.scene import CancelOrder
from tests.unit.core.build import D
from tests.unit.core.desk import Desk, exits_by_leg


def test_a_commission_paid_in_the_coins_themselves_is_no_late_fill():
    desk = Desk()
    desk.position = replace(
        desk.position, state=PositionState.CLOSED, exit_qty=D("0.001"), fee_base=D("0.000001")
    )

    desk.look()

    assert not desk.alarms


def test_lots_that_follow_each_other_closely_do_not_prolong_the_grace():
    desk = Desk(pace=1_500)
    desk.look()
    desk.send_calmly()
    (target,) = exits_by_leg(desk, Leg.TARGET)
    for _ in range(3):
        desk.fill(desk.orders[target.client_id], D("0.0001"))
        steps = desk.look()

    assert any(isinstance(step, CancelOrder) for step in steps)
