"""From a signal to a planned entry, and the states of a bot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.core.bot_config import Direction, Sizing
from engine.core.bot_state import BOT_TABLE, BotEvent, BotState, next_bot_state
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
from engine.core.market import Market
from engine.core.order import OrderKind, OrderState, Side
from engine.core.position import PositionSide, PositionState
from engine.core.signal import Action, Advice, Signal
from tests.unit.core.build import NOW, D, config, position
from tests.unit.core.entry import facts, futures


def test_leverage_multiplies_what_the_stake_trades():
    approved = approve_entry(facts(**futures(settings={"size": D(25)})), PositionSide.SHORT)

    assert (approved.side, approved.size.notional) == (PositionSide.SHORT, D(250))


def test_advised_exits_travel_on_the_order_and_a_size_factor_shrinks_it():
    advice = Advice(stop_loss=D("0.5"), take_profit=D("0.3"), size_factor=D("0.5"))
    approved = approve_entry(facts(config=config(size=D(50)), advice=advice))

    planned = plan_entry(approved, EntryPlan("1a", 1, 7, "paper:7", 3, 44, NOW))

    assert (planned.stop_percent, planned.target_percent) == (D("0.5"), D("0.3"))
    assert approved.size.notional == 25


def test_the_advised_stop_is_the_one_that_must_lie_before_the_liquidation():
    near, far = Advice(stop_loss=D("8.7")), Advice(stop_loss=D("8.8"))

    assert isinstance(approve_entry(facts(**futures(advice=near))), Approved)
    assert approve_entry(facts(**futures(advice=far))).check == "liquidation"


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
