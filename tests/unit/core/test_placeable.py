"""What could not be placed is found before a bot is made, and what works is never refused."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.bot_config import BotConfig, Direction, Sizing
from engine.core.exits import stop_price, target_price
from engine.core.market import Market
from engine.core.placeable import obstacle
from engine.core.sizing import TooSmall, size_entry
from tests.fakes.office import futures_rules, rules

PRICE = Decimal(60_000)


def futures(**changes):
    about = {"market": Market.FUTURES, "leverage": 3, "direction": Direction.BOTH}
    return BotConfig(name="n", symbol="BTCUSDT", **(about | {"size": Decimal(60)} | changes))


def spot(**changes):
    return BotConfig(name="n", symbol="BTCUSDT", **changes)


def test_suggestions_can_be_placed():
    assert obstacle(spot(), rules(), PRICE) is None
    assert obstacle(futures(), futures_rules(), PRICE) is None


@pytest.mark.parametrize("direction", [Direction.SHORT, Direction.BOTH])
def test_a_short_cannot_gain_more_than_the_whole_price(direction):
    found = obstacle(futures(direction=direction, take_profit=100), futures_rules(), PRICE)
    assert (found.what, found.limit) == ("target", Decimal("99.99"))
    assert obstacle(futures(take_profit=found.limit), futures_rules(), PRICE) is None
    assert (
        obstacle(futures(direction=Direction.LONG, take_profit=500), futures_rules(), PRICE)
        is None
    )


def test_a_target_above_the_highest_price_is_named_with_the_widest_that_works():
    near = rules(max_price=Decimal(66_000))
    found = obstacle(spot(take_profit=Decimal(11)), near, PRICE)
    assert (found.what, found.limit) == ("target", Decimal(10))
    assert obstacle(spot(take_profit=Decimal(10)), near, PRICE) is None


def test_a_stop_below_the_lowest_price_is_named_with_the_widest_that_works():
    near = rules(min_price=Decimal(54_000))
    found = obstacle(spot(stop_loss=Decimal(11)), near, PRICE)
    assert (found.what, found.limit) == ("stop", Decimal(10))
    assert obstacle(spot(stop_loss=Decimal(10)), near, PRICE) is None


def test_a_risk_that_buys_too_little_is_named_with_the_smallest_stake():
    config = spot(sizing=Sizing.RISK, size=Decimal("0.005"))
    found = obstacle(config, rules(), PRICE)
    assert found.what == "size"
    enough = spot(sizing=Sizing.FIXED, size=found.limit)
    assert obstacle(enough, rules(), PRICE) is None


@given(
    st.decimals("0.1", "50", places=1),
    st.decimals("0.1", "500", places=1),
    st.decimals("5", "100", places=2),
    st.decimals("0.5", "200000", places=2),
    st.sampled_from(Direction),
)
def test_without_an_obstacle_every_order_has_a_size_and_a_price(stop, target, size, price, way):
    config = futures(stop_loss=stop, take_profit=target, size=size, direction=way)
    known = futures_rules(min_price=Decimal("0.1"), max_price=Decimal(250_000))
    found = obstacle(config, known, price)
    levels = [
        level(price, percent, known, long=long)
        for long in (True, False)
        if way in {Direction.BOTH, Direction.LONG if long else Direction.SHORT}
        for level, percent in ((stop_price, stop), (target_price, target))
    ]
    within = all(known.min_price <= level <= known.max_price for level in levels)
    entered = not isinstance(size_entry(config, known, price, config.initial_capital), TooSmall)
    assert (found is None) is (within and entered)
    assume(found is not None)
    assert found.limit >= 0
