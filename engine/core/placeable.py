"""Placeable: whether a configuration's entry, stop and target can be orders at all, now."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.bot_config import BotConfig, Direction
from engine.core.exits import stop_price, target_price
from engine.core.market import SymbolRules
from engine.core.money import HUNDRED, ZERO, floor_to_step
from engine.core.sizing import TooSmall, size_entry

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What the exchange would not take: ``what`` is ``size``, ``stop`` or ``target``.

    ``limit`` is the smallest stake that works, in quote money, or the widest stop or target that
    does, in percent.
    """

    what: str
    limit: Decimal


def obstacle(config: BotConfig, rules: SymbolRules, price: Decimal) -> Obstacle | None:
    """The first thing that could not be placed at ``price`` with all of the capital free.

    The entry must pass the quantity and notional filters with enough left to be sold at its stop;
    stop and target, on either side that the bot enters, must be prices that the exchange knows.
    """
    size = size_entry(config, rules, price, config.initial_capital)
    if isinstance(size, TooSmall):
        return Obstacle("size", size.smallest)
    low = max(rules.min_price, rules.tick_size)
    high = rules.max_price if rules.max_price > ZERO else None
    down, up = (price - low) / price, None if high is None else (high - price) / price
    for long in _sides(config):
        for what, percent, widest, level in (
            ("stop", config.stop_loss, down if long else up, stop_price),
            ("target", config.take_profit, up if long else down, target_price),
        ):
            at = level(price, percent, rules, long=long)
            if at < low or (high is not None and at > high):
                return Obstacle(what, floor_to_step((widest or ZERO) * HUNDRED, _CENT))
    return None


def _sides(config: BotConfig) -> tuple[bool, ...]:
    """Whether it enters long, for each way that it may enter."""
    return {
        Direction.LONG: (True,),
        Direction.SHORT: (False,),
        Direction.BOTH: (True, False),
    }[config.direction]
