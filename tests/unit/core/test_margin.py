"""Net positions and liquidation prices."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.margin import ASSUMED_MAINTENANCE, Net, bankruptcy_price, liquidation_price
from engine.core.market import Side

executions = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 20), st.integers(50, 150)), max_size=20
)


@given(executions)
def test_a_net_position_is_worth_what_its_executions_cost(parts):
    net, cash, realised = Net(), Decimal(0), Decimal(0)
    for side, quantity, price in parts:
        before = net
        sign = 1 if side is Side.BUY else -1
        cash -= sign * quantity * Decimal(price)
        net = net.after(side, Decimal(quantity), Decimal(price))
        closed = min(quantity, abs(before.quantity)) if side is before.exit else 0
        direction = 1 if before.long else -1
        if before.quantity:
            realised += closed * (price - before.entry) * direction
    assert abs(cash + net.quantity * net.entry - realised) < Decimal("1e-15")


@given(st.integers(1, 50), st.booleans())
def test_liquidation_lies_on_the_losing_side_before_the_margin_is_gone(leverage, long):
    entry = Decimal(50_000)
    level = liquidation_price(entry, leverage, ASSUMED_MAINTENANCE, long=long)
    lost = (entry - level) if long else (level - entry)
    assert entry / leverage - lost == pytest.approx(level * ASSUMED_MAINTENANCE)
    assert bankruptcy_price(entry, leverage, long=long) == pytest.approx(
        entry - entry / leverage if long else entry + entry / leverage
    )
