"""Positions and trades are sums of fills: nothing appears, nothing gets lost."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.errors import IllegalEvent
from engine.core.money import ZERO
from engine.core.order import Leg
from engine.core.position import (
    POSITION_TABLE,
    PROTECTION_TABLE,
    ExitReason,
    PositionEvent,
    PositionSide,
    PositionState,
    ProtectionEvent,
    ProtectionState,
    add_fill,
    ask_close,
    next_position_state,
    next_protection,
)
from engine.core.trade import close_books, exit_reason, result_at
from tests.unit.core.build import NOW, D, decimals, fill, order, position, rules

ASSETS = st.sampled_from(["BTC", "USDT", "BNB"])
EXITS = st.sampled_from([Leg.TARGET, Leg.STOP, Leg.CLOSE])


def fills(number):
    """One execution with any price and commission."""
    return st.builds(
        fill,
        number=st.just(number),
        price=decimals("0.01", "90000", 2),
        quantity=decimals("0.01", "2", 5),
        commission=decimals("0", "0.01", 8),
        commission_asset=ASSETS,
    )


@st.composite
def histories(draw):
    """Entry fills, then exit fills that never sell more than is held."""
    legs = [(Leg.ENTRY, draw(fills(n))) for n in range(draw(st.integers(1, 4)))]
    held = build(legs).held
    for number in range(10, 10 + draw(st.integers(0, 4))):
        assume(held > 0)
        sold = draw(fills(number))
        sold = replace(sold, quantity=min(sold.quantity, held))
        held -= sold.quantity
        if sold.commission_asset == "BTC":
            sold = replace(sold, commission=min(sold.commission, held))
            held -= sold.commission
        legs.append((draw(EXITS), sold))
    return legs


def build(legs):
    """The position that these fills make."""
    empty = position(entry_qty=ZERO, entry_quote=ZERO)
    for leg, one in legs:
        empty = add_fill(empty, one, leg)
    return empty


def total(legs, value, *, exits):
    return sum((value(one) for leg, one in legs if leg.exit is exits), start=ZERO)


@given(histories())
def test_bought_is_sold_plus_fee_plus_what_is_held(legs):
    made = build(legs)

    bought = total(legs, lambda one: one.quantity, exits=False)
    sold = total(legs, lambda one: one.quantity, exits=True)
    fee = sum((f.commission for _, f in legs if f.commission_asset == "BTC"), start=ZERO)
    assert bought == sold + fee + made.held


@given(histories(), st.randoms())
def test_the_order_in_which_fills_arrive_does_not_matter(legs, chance):
    shuffled = legs[:]
    chance.shuffle(shuffled)

    assert build(shuffled) == build(legs)


@given(histories())
def test_money_is_conserved_in_the_trade(legs):
    made = build(legs)

    trade = close_books(made, ExitReason.MANUAL, NOW)

    paid = total(legs, lambda one: one.quote, exits=False)
    received = total(legs, lambda one: one.quote, exits=True)
    fee = sum((f.commission for _, f in legs if f.commission_asset == "USDT"), start=ZERO)
    dust_cost = paid * trade.dust / made.entry_qty
    assert trade.net == pytest.approx(received - (paid - dust_cost) - fee, abs=D("1e-8"))
    assert trade.dust == made.held
    assert trade.quantity == made.exit_qty


@given(histories())
def test_net_is_gross_less_commissions(legs):
    made = build(legs)
    assume(made.exit_qty > 0)

    trade = close_books(made, ExitReason.MANUAL, NOW)

    in_coins = made.fee_base * made.entry_price
    expected = trade.gross - in_coins - made.fee_quote
    assert trade.net == pytest.approx(expected, abs=D("2e-8"))


def test_a_trade_by_hand():
    bought = fill(1, quantity=D("0.01"), commission=D("0.00001"), commission_asset="BTC")
    sold = fill(2, price=D(51_000), quantity=D("0.00999"), commission=D("0.50949"))
    sold = replace(sold, commission_asset="USDT")

    trade = close_books(
        build([(Leg.ENTRY, bought), (Leg.TARGET, sold)]), ExitReason.TAKE_PROFIT, NOW
    )

    assert trade.gross == D("9.99")
    assert trade.net == D("509.49") - D("500") - D("0.50949")
    assert trade.percent == D("1.7961")
    assert trade.fees == {"BTC": D("0.00001"), "USDT": D("0.50949")}
    assert trade.dust == 0


def test_a_third_assets_fee_is_listed_and_not_converted():
    bought = fill(1, commission=D("0.0001"), commission_asset="BNB")
    sold = fill(2, commission=D("0.0002"), commission_asset="BNB")

    trade = close_books(build([(Leg.ENTRY, bought), (Leg.STOP, sold)]), ExitReason.STOP_LOSS, NOW)

    assert trade.net == trade.gross == 0
    assert trade.fees == {"BNB": D("0.0003")}


def test_dust_keeps_its_own_cost():
    sold = fill(2, quantity=D("0.0009"))

    trade = close_books(build([(Leg.ENTRY, fill(1)), (Leg.CLOSE, sold)]), ExitReason.MANUAL, NOW)

    assert (trade.net, trade.dust) == (0, D("0.0001"))


def test_a_short_gains_when_the_price_falls():
    sold, bought = fill(1), fill(2, price=D(49_000))
    short = position(side=PositionSide.SHORT, entry_qty=ZERO, entry_quote=ZERO)
    short = add_fill(add_fill(short, sold, Leg.ENTRY), bought, Leg.TARGET)

    assert close_books(short, ExitReason.TAKE_PROFIT, NOW).net == 1


def test_the_result_at_a_price_counts_what_is_still_held():
    assert result_at(position(), D(50_500)) == D("0.5")
    assert result_at(position(fee_quote=D("0.05")), D(50_000)) == D("-0.05")


def test_the_reason_is_what_sold_the_larger_part():
    stopped = order(leg=Leg.STOP, booked_qty=D("0.0007"))
    trailed = replace(stopped, reason="TRAILING_STOP")
    closed = order(leg=Leg.CLOSE, booked_qty=D("0.0003"))
    asked = position(close_reason=ExitReason.PANIC)

    assert exit_reason(asked, [stopped, closed]) is ExitReason.STOP_LOSS
    assert exit_reason(asked, [trailed, closed]) is ExitReason.TRAILING_STOP
    assert exit_reason(asked, [closed]) is ExitReason.PANIC
    target = order(leg=Leg.TARGET, booked_qty=D(1))
    assert exit_reason(position(), [target]) is ExitReason.TAKE_PROFIT
    assert exit_reason(position(), []) is ExitReason.EXTERNAL


@given(st.sampled_from(PositionState), st.sampled_from(PositionEvent))
def test_a_position_moves_by_its_table_alone(state, event):
    if (state, event) in POSITION_TABLE:
        assert next_position_state(state, event) is POSITION_TABLE[state, event]
        return
    with pytest.raises(IllegalEvent):
        next_position_state(state, event)


@given(st.sampled_from(ProtectionState), st.sampled_from(ProtectionEvent))
def test_a_protection_moves_by_its_table_alone(state, event):
    if (state, event) in PROTECTION_TABLE:
        assert next_protection(state, event) is PROTECTION_TABLE[state, event]
        return
    with pytest.raises(IllegalEvent):
        next_protection(state, event)


def test_a_closed_position_takes_no_more_asking():
    with pytest.raises(IllegalEvent):
        ask_close(position(state=PositionState.CLOSED), ExitReason.MANUAL)


def test_the_first_reason_given_stays():
    asked = ask_close(position(), ExitReason.SIGNAL)

    assert ask_close(asked, ExitReason.PANIC).close_reason is ExitReason.SIGNAL


def test_a_late_fill_of_a_closed_position_is_still_summed_up():
    late = add_fill(position(state=PositionState.CLOSED), fill(9), Leg.STOP)

    assert (late.state, late.held) == (PositionState.CLOSED, 0)


@given(decimals("0", "1", 8), decimals("0.01", "90000", 2))
def test_what_can_be_closed_meets_the_filters(held, price):
    known = rules()
    quantity = position(entry_qty=held).closable(known, price)

    assert held - quantity >= 0
    assert quantity == 0 or quantity * price >= known.min_notional


def test_a_base_asset_that_pays_the_exits_commission_costs_what_it_cost():
    sold = fill(2, quantity=D("0.001"), price=D(51_000), commission=D("0.0001"))
    coins = position(base="BNB", symbol="BNBUSDT", entry_qty=ZERO, entry_quote=ZERO)
    for leg, one in ((Leg.ENTRY, fill(1)), (Leg.CLOSE, sold)):
        coins = add_fill(coins, one, leg)

    trade = close_books(coins, ExitReason.MANUAL, NOW)

    assert (trade.gross, trade.net, trade.dust) == (1, -4, 0)


def test_what_a_stop_closes_beyond_what_was_entered_earns_nothing():
    sold = fill(2, quantity=D("0.003"), price=D(49_000))

    trade = close_books(build([(Leg.ENTRY, fill(1)), (Leg.STOP, sold)]), ExitReason.STOP_LOSS, NOW)

    assert (trade.quantity, trade.gross, trade.net, trade.dust) == (D("0.001"), -1, -1, 0)
