"""Sizing: how much an entry buys, by the bot's rule, its cap and the exchange's filters."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.bot_config import BotConfig, Sizing
from engine.core.market import Market, SymbolRules
from engine.core.money import ceil_to_step, floor_to_step, percent_of

# The price may drift between the decision and the fill, and after a stop loss and the fee the
# rest must still be sellable.
SAFETY = Decimal("1.2")


@dataclass(frozen=True, slots=True)
class Size:
    """What to buy: base quantity that meets every filter, and its value at the price used."""

    quantity: Decimal
    notional: Decimal


@dataclass(frozen=True, slots=True)
class TooSmall:
    """Nothing can be bought: ``wanted`` quote money against the smallest that would work."""

    wanted: Decimal
    smallest: Decimal


def smallest_entry(rules: SymbolRules, price: Decimal, stop_loss: Decimal) -> Decimal:
    """Smallest quote value whose entry, stop and target are all placeable.

    ``stop_loss`` in percent: on spot, at the stop the coins left after the entry fee must still
    be worth the minimum notional; what reduces a futures position needs none.
    """
    futures = rules.market is Market.FUTURES
    at_stop = Decimal(1) if futures else Decimal(1) - stop_loss / 100
    by_value = rules.min_notional / at_stop * SAFETY
    step = max(rules.step_size, rules.market_step_size)
    by_quantity = max(rules.min_qty, rules.market_min_qty) * SAFETY
    quantity = ceil_to_step(max(by_quantity, by_value / price), step)
    if futures:
        return quantity * price
    # One step more: the fee is taken from the coins, and what is left is rounded down again.
    return (quantity + step) * price


def wanted_quote(config: BotConfig) -> Decimal:
    """Quote money that the bot's own rule asks for: on futures the stake, before leverage."""
    if config.sizing is Sizing.PERCENT:
        return percent_of(config.initial_capital, config.size)
    return config.size


def size_entry(
    config: BotConfig, rules: SymbolRules, price: Decimal, capital: Decimal
) -> Size | TooSmall:
    """Size of an entry at ``price`` with ``capital`` quote money as the base of the cap.

    What is too small is told as a stake: that is what its user chooses.
    """
    wanted = min(wanted_quote(config), percent_of(capital, config.max_position)) * config.leverage
    if rules.max_notional:
        wanted = min(wanted, rules.max_notional)
    step = max(rules.step_size, rules.market_step_size)
    quantity = floor_to_step(wanted / price, step)
    for ceiling in (rules.max_qty, rules.market_max_qty):
        if ceiling:
            quantity = min(quantity, floor_to_step(ceiling, step))
    smallest = smallest_entry(rules, price, config.stop_loss)
    if quantity * price < smallest:
        return TooSmall(wanted / config.leverage, smallest / config.leverage)
    return Size(quantity, quantity * price)
