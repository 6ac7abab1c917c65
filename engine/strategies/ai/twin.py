"""The twin of an AI bot: what it would have done on its plain rule alone, candle by candle.

A setup at the close of a candle enters at that close, in the directions of the bot and within its
trading hours. From the next candle on its exits are the bot's own: beyond stop or target at the
open; else the stop, then the target, inside the candle; then the longest holding time, at the
close. The trailing stop follows the extremes of closed candles. Fees are those on paper, for both
sides. Daily limits, cooldown and money are left aside: the twin shows the rule, not the account.
"""

from dataclasses import replace
from decimal import Decimal

from engine.core.analysis import Twin
from engine.core.bot_config import BotConfig, Direction
from engine.core.exits import stop_level, target_level, tighter, trailing_level
from engine.core.market import Candle
from engine.core.money import HUNDRED, ZERO
from engine.core.position import PositionSide
from engine.core.signal import Action

_MINUTE = 60_000


def follow(twin: Twin, config: BotConfig, candle: Candle, fee: Decimal) -> Twin:
    """The twin after a candle's exits; ``fee`` is the share of the value that a side costs."""
    if candle.open_time <= twin.judged_until:
        return twin
    if twin.side is not None:
        price = _exit_price(twin, config, candle)
        twin = _closed(twin, price, fee) if price is not None else _trailed(twin, config, candle)
    return replace(twin, judged_until=candle.open_time)


def enter(twin: Twin, config: BotConfig, candle: Candle, action: Action) -> Twin:
    """The twin after a setup at the close of the candle that it has just followed."""
    side = _side(action, config)
    closes_at = candle.open_time + config.timeframe.ms
    hours = config.trading_hours
    if twin.side is not None or side is None or (hours and not hours.open_at(closes_at)):
        return twin
    price, long = _exact(candle.close), side is PositionSide.LONG
    return replace(
        twin,
        side=side,
        entry_price=price,
        stop_price=stop_level(price, config.stop_loss, long=long),
        target_price=target_level(price, config.take_profit, long=long),
        opened_at=closes_at,
    )


def let_go(twin: Twin) -> Twin:
    """The twin without its position, uncounted: what became of it cannot be known any more."""
    return replace(twin, side=None)


def _side(action: Action, config: BotConfig) -> PositionSide | None:
    if action is Action.BUY and config.direction is not Direction.SHORT:
        return PositionSide.LONG
    if action is Action.SELL and config.direction is not Direction.LONG:
        return PositionSide.SHORT
    return None


def _exit_price(twin: Twin, config: BotConfig, candle: Candle) -> Decimal | None:
    long = twin.side is PositionSide.LONG
    sign = 1 if long else -1
    opened, closed = _exact(candle.open), _exact(candle.close)
    worst, best = _exact(candle.low), _exact(candle.high)
    if not long:
        worst, best = best, worst
    beyond_stop = (opened - twin.stop_price) * sign <= ZERO
    beyond_target = (opened - twin.target_price) * sign >= ZERO
    if beyond_stop or beyond_target:
        return opened
    if (worst - twin.stop_price) * sign <= ZERO:
        return twin.stop_price
    if (best - twin.target_price) * sign >= ZERO:
        return twin.target_price
    longest = config.max_holding_minutes
    ends = candle.open_time + config.timeframe.ms
    if longest is not None and ends - twin.opened_at >= longest * _MINUTE:
        return closed
    return None


def _trailed(twin: Twin, config: BotConfig, candle: Candle) -> Twin:
    if config.trailing_stop is None:
        return twin
    long = twin.side is PositionSide.LONG
    best = _exact(candle.high if long else candle.low)
    active = config.trailing_activation or ZERO
    level = trailing_level(twin.entry_price, best, config.trailing_stop, active, long=long)
    if level is None:
        return twin
    return replace(twin, stop_price=tighter(twin.stop_price, level, long=long))


def _closed(twin: Twin, price: Decimal, fee: Decimal) -> Twin:
    sign = 1 if twin.side is PositionSide.LONG else -1
    gross = (price - twin.entry_price) * sign
    net = (gross - (price + twin.entry_price) * fee) / twin.entry_price * HUNDRED
    return replace(
        twin,
        side=None,
        trades=twin.trades + 1,
        wins=twin.wins + (net > ZERO),
        net_percent=twin.net_percent + round(net, 4),
    )


def _exact(price: float) -> Decimal:
    return Decimal(repr(price))
