"""When a position's time is over, when that is told, and how it is put off."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Market
from engine.core.position import ExitReason, Position, PositionSide, ask_close
from engine.core.timeout import expired, expires, expiry, extended, must_warn

OPENED = 1_780_000_000_000
MINUTE = 60_000


def held(minutes, **changes):
    position = Position(
        id=1, owner_id=1, bot_id=1, account="paper:1", market=Market.SPOT, symbol="BTCUSDT",
        base="BTC", quote="USDT", side=PositionSide.LONG, decision=1, opened_at=OPENED,
        stop_price=Decimal(1), target_price=Decimal(3), expires_at=expiry(OPENED, minutes),
    )  # fmt: skip
    return replace(position, **changes)


@pytest.mark.parametrize(
    ("minutes", "warned_after"), [(10, 8 * 60), (30, 25 * 60), (1, 48), (1440, 1435 * 60)]
)
def test_the_warning_comes_at_80_percent_or_5_minutes_before_whichever_is_later(
    minutes, warned_after
):
    at = OPENED + warned_after * 1000
    assert not must_warn(held(minutes), at - 1)
    assert must_warn(held(minutes), at)
    assert must_warn(held(minutes), OPENED + minutes * MINUTE - 1)
    assert not must_warn(held(minutes), OPENED + minutes * MINUTE)


@given(minutes=st.integers(1, 43_200), later=st.integers(0, 50_000 * MINUTE))
def test_it_is_over_exactly_from_its_end_on(minutes, later):
    assert expired(held(minutes), OPENED + later) is (later >= minutes * MINUTE)


@pytest.mark.parametrize(
    "position",
    [
        held(None),
        held(1, guarded=False),
        ask_close(held(1), ExitReason.MANUAL),
    ],
)
def test_what_has_no_time_is_kept_without_orders_or_closes_already_never_runs_out(position):
    later = OPENED + 10**10
    assert not expires(position)
    assert not expired(position, later)
    assert not must_warn(position, OPENED + 59_000)


@given(minutes=st.integers(1, 43_200), more=st.integers(1, 43_200), now=st.integers(0, 10**9))
def test_an_extension_adds_to_the_end_or_to_now_when_that_is_over(minutes, more, now):
    longer = extended(held(minutes), more, OPENED + now)
    assert longer.expires_at == max(OPENED + minutes * MINUTE, OPENED + now) + more * MINUTE
    assert not expired(longer, OPENED + now)
