"""Trailing stop: where the stop belongs once more candles have closed. It only ever tightens."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from engine.core.bot_config import BotConfig
from engine.core.exits import better, on_tick, tighter, trailing_level
from engine.core.market import Candle, SymbolRules
from engine.core.money import ZERO
from engine.core.position import Position, PositionSide, PositionState


def trail(
    position: Position, config: BotConfig, rules: SymbolRules, candles: Iterable[Candle]
) -> Position | None:
    """The position with its stop moved, or None where it stays.

    ``candles`` are closed ones of the bot's stream; those from the candle of the entry on count,
    by their highest price (lowest for a short). The best price is kept with the stop that it
    moved: any lower one asks for nothing tighter, so nothing is lost when it is forgotten.
    """
    following = position.state is PositionState.OPEN and position.guarded and position.entry_qty
    if config.trailing_stop is None or not following:
        return None
    long = position.side is PositionSide.LONG
    entry = position.entry_price
    best = better(position.best_price or entry, entry, long=long)
    since = config.timeframe.open_time(position.opened_at)
    for candle in candles:
        if candle.open_time >= since:
            best = better(best, Decimal(str(candle.high if long else candle.low)), long=long)
    activation = config.trailing_activation or ZERO
    level = trailing_level(entry, best, config.trailing_stop, activation, long=long)
    if level is None:
        return None
    stop = on_tick(level, rules, long=long)
    if tighter(position.stop_price, stop, long=long) == position.stop_price:
        return None
    return replace(position, stop_price=stop, best_price=best)
