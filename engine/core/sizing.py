"""Sizing: how much an entry buys, by the bot's rule, its cap and the exchange's filters."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.bot_config import BotConfig, Sizing
from engine.core.market import Market, SymbolRules
from engine.core.money import HUNDRED, ceil_to_step, floor_to_step, percent_of
from engine.core.signal import Advice

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


def stop_percent(config: BotConfig, advice: Advice | None = None) -> Decimal:
    """Distance of the stop from the entry, in percent: the advised one, else the bot's own."""
    if advice is not None and advice.stop_loss is not None:
        return advice.stop_loss
    return config.stop_loss


def target_percent(config: BotConfig, advice: Advice | None = None) -> Decimal:
    """Distance of the target from the entry, in percent: the advised one, else the bot's own."""
    if advice is not None and advice.take_profit is not None:
        return advice.take_profit
    return config.take_profit


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


def wanted_quote(config: BotConfig, balance: Decimal, advice: Advice | None = None) -> Decimal:
    """Quote money that the bot's own rule asks for: on futures the stake, before leverage.

    By risk: quantity = balance × risk % / |entry − stop|, so that a fill of the stop at its price
    costs ``size`` percent of ``balance``, before the commissions of entry and exit and without
    the slippage of either. |entry − stop| is ``stop %`` of the entry, so the entry's price falls
    out of the value: balance × risk % / stop %.
    """
    if config.sizing is Sizing.PERCENT:
        return percent_of(config.initial_capital, config.size)
    if config.sizing is Sizing.RISK:
        at_risk = percent_of(balance, config.size)
        return at_risk * HUNDRED / stop_percent(config, advice) / config.leverage
    return config.size


def stake_of(config: BotConfig, capital: Decimal, advice: Advice | None = None) -> Decimal:
    """Quote money that an entry takes: the rule's, cut at the cap, shrunk as advised.

    ``capital`` is what the cap, and a risk, are percentages of.
    """
    cap = percent_of(capital, config.max_position)
    factor = advice.size_factor if advice is not None else Decimal(1)
    return min(wanted_quote(config, capital, advice), cap) * factor


def size_entry(
    config: BotConfig,
    rules: SymbolRules,
    price: Decimal,
    capital: Decimal,
    advice: Advice | None = None,
) -> Size | TooSmall:
    """Size of an entry at ``price`` with ``capital`` quote money as the base of the cap.

    What is too small is told as a stake: that is what its user chooses.
    """
    wanted = stake_of(config, capital, advice) * config.leverage
    if rules.max_notional:
        wanted = min(wanted, rules.max_notional)
    step = max(rules.step_size, rules.market_step_size)
    quantity = floor_to_step(wanted / price, step)
    for ceiling in (rules.max_qty, rules.market_max_qty):
        if ceiling:
            quantity = min(quantity, floor_to_step(ceiling, step))
    smallest = smallest_entry(rules, price, stop_percent(config, advice))
    if quantity * price < smallest:
        return TooSmall(wanted / config.leverage, smallest / config.leverage)
    return Size(quantity, quantity * price)
