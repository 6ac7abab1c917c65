"""The twin's trades, candle by candle, against results worked out by hand."""

from decimal import Decimal

import pytest

from engine.core.analysis import Twin
from engine.core.bot_config import BotConfig, Direction
from engine.core.market import Market
from engine.core.position import PositionSide
from engine.core.signal import Action
from engine.strategies.ai.twin import enter, follow, let_go
from tests.unit.strategies.ai.make import MINUTE, candle

FEE = Decimal("0.001")
START = Twin(bot_id=1, owner_id=1, since=0, judged_until=-1)


def config(**changes):
    return BotConfig(
        **({"name": "A", "symbol": "BTCUSDT", "stop_loss": 1, "take_profit": 2} | changes)
    )


def futures(**changes):
    return config(market=Market.FUTURES, direction=Direction.BOTH, **changes)


def entered(settings, action=Action.BUY):
    first = candle(0, 100.0)
    return enter(follow(START, settings, first, FEE), settings, first, action)


@pytest.mark.parametrize(
    ("next_candle", "net"),
    [
        (candle(1, 100.0, high=102.0), "1.7980"),  # the target: 2 − 0.202 of fees
        (candle(1, 100.0, low=99.0), "-1.1990"),  # the stop: −1 − 0.199
        (candle(1, 100.0, high=103.0, low=98.0), "-1.1990"),  # both: the stop wins
        (candle(1, 98.0, opened=97.0), "-3.1970"),  # opens below the stop: at the open
        (candle(1, 104.0, opened=103.0), "2.7970"),  # opens above the target: at the open
    ],
)
def test_a_long_ends_where_the_bots_own_exits_stand(next_candle, net):
    twin = follow(entered(config()), config(), next_candle, FEE)

    assert twin.side is None
    assert (twin.trades, twin.net_percent) == (1, Decimal(net))
    assert twin.wins == (Decimal(net) > 0)


def test_a_short_mirrors_it():
    twin = entered(futures(), Action.SELL)

    assert twin.side is PositionSide.SHORT
    assert follow(twin, futures(), candle(1, 100.0, low=98.0), FEE).net_percent == Decimal(
        "1.8020"
    )
    assert follow(twin, futures(), candle(1, 100.0, high=101.0), FEE).net_percent == Decimal(
        "-1.2010"
    )


def test_a_direction_that_the_bot_does_not_go_is_not_entered():
    assert entered(config(), Action.SELL).side is None
    assert entered(futures(), Action.HOLD).side is None


def test_it_holds_one_position_at_a_time():
    twin = entered(config())
    later = candle(1, 100.5)

    assert enter(follow(twin, config(), later, FEE), config(), later, Action.BUY).opened_at == (
        MINUTE
    )


def test_the_longest_holding_time_ends_it_at_a_close():
    settings = config(max_holding_minutes=2)
    twin = follow(entered(settings), settings, candle(1, 100.1), FEE)
    assert twin.side is PositionSide.LONG

    twin = follow(twin, settings, candle(2, 100.5), FEE)

    assert (twin.trades, twin.net_percent) == (1, Decimal("0.2995"))


def test_a_trailing_stop_follows_closed_candles():
    settings = config(trailing_stop=1, take_profit=50)
    twin = follow(entered(settings), settings, candle(1, 109.0, high=110.0), FEE)
    assert twin.stop_price == Decimal("108.9")

    twin = follow(twin, settings, candle(2, 108.95, low=108.9), FEE)

    assert twin.net_percent == Decimal("8.6911")


def test_a_candle_counts_once():
    twin = entered(config())
    hit = candle(1, 100.0, high=102.0)
    once = follow(twin, config(), hit, FEE)

    assert follow(once, config(), hit, FEE) == once


def test_a_position_that_was_lost_sight_of_is_not_counted():
    twin = let_go(entered(config()))

    assert (twin.side, twin.trades) == (None, 0)
