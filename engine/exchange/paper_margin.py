"""The rules of a paper futures account: margin, what may be reduced, liquidation. Pure.

Codes and messages are the exchange's (USD-M API, error codes).
"""

from collections.abc import Iterable
from decimal import Decimal

from engine.core.errors import NoFunds, NothingToReduce, Refused
from engine.core.margin import Net, bankruptcy_price, liquidation_price
from engine.core.market import Book, Market, SymbolRules
from engine.core.matching import Resting, fill_after_jump
from engine.core.money import ZERO, ceil_to_step, floor_to_step
from engine.core.order import Order
from engine.exchange.paper_books import fee_on, quote_for
from engine.ports.account import Balance


def wallet(
    totals: dict[str, Decimal], net: Net, leverage: int, rules: SymbolRules
) -> dict[str, Balance]:
    """Available and isolated margin in quote asset; a loss not yet taken leaves both alone."""
    margin = net.margin(leverage)
    # What was paid for the open part is still there: as margin, and as what was lent.
    balance = totals.get(rules.quote, ZERO) + net.quantity * net.entry
    return {rules.quote: Balance(balance - margin, margin)} if balance else {}


def reduces(order: Order) -> bool:
    """Whether it may only shrink the position."""
    return order.reduce_only or order.close_position


def executable(order: Order, net: Net) -> Decimal:
    """How much of an order trades against what is held now."""
    if not reduces(order):
        return order.quantity
    if not net.quantity or order.side is not net.exit:
        return ZERO
    held = abs(net.quantity)
    return held if order.close_position else min(order.quantity, held)


def check_exit(order: Order, net: Net, resting: Iterable[Order]) -> None:
    """Whether there is something to reduce, and one close of the whole per direction and kind."""
    if not executable(order, net):
        raise NothingToReduce("ReduceOnly Order is rejected.", code=-2022)
    if order.close_position and any(
        other.close_position and other.side is order.side and other.kind is order.kind
        for other in resting
    ):
        message = "An open stop or take profit order with closePosition in the direction exists."
        raise Refused(message, code=-4130)


def check_margin(order: Order, net: Net, leverage: int, free: Decimal, book: Book) -> None:
    """Whether the available balance carries the margin and the fee of an entry."""
    price = quote_for(order.side, book)
    grown = net.after(order.side, order.quantity, price).margin(leverage) - net.margin(leverage)
    fee = fee_on(order.quantity * price, Market.FUTURES)
    if max(grown, ZERO) + fee > free:
        raise NoFunds("Margin is insufficient.", code=-2019)


def check_leverage(leverage: int, most: int, now: int, net: Net) -> None:
    """Whether a symbol may be set to a leverage; raises Refused."""
    if not 1 <= leverage <= most:
        raise Refused(f"Leverage {leverage} is not valid", code=-4028)
    if net.quantity and leverage < now:
        message = "Leverage reduction is not supported in Isolated Margin Mode with open positions"
        raise Refused(message, code=-4161)


def liquidated_at(
    net: Net, leverage: int, maintenance: Decimal, book: Book, rules: SymbolRules
) -> Decimal | None:
    """Price at which the position is liquidated at this book, None while its margin suffices.

    After a gap the price is the market's, but never beyond that of bankruptcy: on isolated
    margin no more than the margin is lost.
    """
    if not net.quantity:
        return None
    level = liquidation_price(net.entry, leverage, maintenance, long=net.long)
    price = fill_after_jump(Resting.STOP, net.exit, level, quote_for(net.exit, book))
    if price is None:
        return None
    worst = bankruptcy_price(net.entry, leverage, long=net.long)
    if net.long:
        return max(price, ceil_to_step(worst, rules.tick_size))
    return min(price, floor_to_step(worst, rules.tick_size))
