"""The rules of a paper account: what an order needs, locks and pays. Pure.

Codes and messages are the exchange's (spot and USD-M API, error codes).
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

from engine.core.errors import NoFunds, Refused, WouldTrigger
from engine.core.market import Book, Market, Side, SymbolRules
from engine.core.matching import Resting, fill_after_jump, fill_along_segment, touched
from engine.core.money import ZERO
from engine.core.order import Fill, Order, OrderKind
from engine.ports.account import Balance

FEES = {Market.SPOT: Decimal("0.001"), Market.FUTURES: Decimal("0.0005")}
"""What the exchange charges a taker without discounts: of the received asset on spot, of the value
on futures."""
_GRAIN = Decimal("1e-8")
_FILTER, _REJECTED = -1013, -2010
_AT_MARKET = frozenset({OrderKind.STOP, OrderKind.TAKE_PROFIT})
_WAITS = {
    OrderKind.STOP: Resting.STOP,
    OrderKind.STOP_LIMIT: Resting.STOP,
    OrderKind.TAKE_PROFIT: Resting.LIMIT,
}


def quote_for(side: Side, book: Book) -> Decimal:
    """The price at which a taker of this side trades."""
    return book.ask if side is Side.BUY else book.bid


def fill_of(order: Order, quantity: Decimal, price: Decimal, rules: SymbolRules, at: int) -> Fill:
    """The one fill of an order; its trade id follows from the order's."""
    in_coins = order.side is Side.BUY and order.market is Market.SPOT
    asset, received = (rules.base, quantity) if in_coins else (rules.quote, quantity * price)
    fee = fee_on(received, order.market)
    return Fill(f"{order.client_id}.1", order.client_id, price, quantity, fee, asset, at)


def fee_on(amount: Decimal, market: Market) -> Decimal:
    """A taker's fee on an amount, in the same asset."""
    return (amount * FEES[market]).quantize(_GRAIN, ROUND_DOWN)


def settle(totals: dict[str, Decimal], side: Side, fill: Fill, rules: SymbolRules) -> None:
    """Book a fill into the totals."""
    sign = 1 if side is Side.BUY else -1
    changes = ((rules.base, sign * fill.quantity), (rules.quote, -sign * fill.quote))
    for asset, change in (*changes, (fill.commission_asset, -fill.commission)):
        totals[asset] = totals.get(asset, ZERO) + change


def taking_price(order: Order, book: Book) -> Decimal | None:
    """Price at which a new order trades at once, or None when it rests.

    Raises WouldTrigger for a conditional order on the wrong side of the market.
    """
    market = quote_for(order.side, book)
    if order.kind is OrderKind.MARKET:
        return market
    if order.kind in _WAITS:
        if triggers(order, book):
            code = -2021 if order.market is Market.FUTURES else _REJECTED
            raise WouldTrigger("Order would trigger immediately.", code=code)
        return None
    return fill_after_jump(Resting.LIMIT, order.side, order.price or ZERO, market)


def resting_price(order: Order, book: Book, *, triggered: bool) -> Decimal | None:
    """Price at which a resting order fills at this book, or None.

    A limit fills at its own price; a stop at the market's, worse after a gap; a take-profit at
    the market's, better after a gap.
    """
    market = quote_for(order.side, book)
    if order.kind in _AT_MARKET and order.stop_price is not None:
        return fill_after_jump(_WAITS[order.kind], order.side, order.stop_price, market)
    if order.price is None or (order.kind is OrderKind.STOP_LIMIT and not triggered):
        return None
    return fill_along_segment(Resting.LIMIT, order.side, order.price, market)


def triggers(order: Order, book: Book) -> bool:
    """Whether a conditional order fires at this book."""
    market = quote_for(order.side, book)
    level = order.stop_price
    return level is not None and touched(_WAITS[order.kind], order.side, level, market)


def wallet(
    totals: dict[str, Decimal], resting: Iterable[Order], rules: SymbolRules
) -> dict[str, Balance]:
    """Free and locked amounts; the legs of one list lock the larger of their needs."""
    needs: dict[str, tuple[str, Decimal]] = {}
    for order in resting:
        asset, amount = _need(order, rules)
        group = order.list_id or order.client_id
        needs[group] = (asset, max(amount, needs.get(group, (asset, ZERO))[1]))
    locked: dict[str, Decimal] = {}
    for asset, amount in needs.values():
        locked[asset] = locked.get(asset, ZERO) + amount
    held = {
        asset: Balance(total - locked.get(asset, ZERO), locked.get(asset, ZERO))
        for asset, total in totals.items()
    }
    return {asset: balance for asset, balance in held.items() if balance.free or balance.locked}


def check_order(order: Order, rules: SymbolRules, book: Book) -> None:
    """Hold an order against the symbol's status and filters; raises Refused."""
    if not rules.trading:
        raise _rejected("Market is closed.")
    for price in (order.price, order.stop_price):
        if price is not None:
            _check_price(price, rules)
    _check_quantity(order, rules)
    value = order.quantity * (order.price or order.stop_price or quote_for(order.side, book))
    too_much = rules.max_notional and value > rules.max_notional and order.kind != OrderKind.MARKET
    # What only reduces a position may be as small as it likes (USD-M API, -4164).
    reduces = order.reduce_only or order.close_position
    if (value < rules.min_notional and not reduces) or too_much:
        raise _filtered("NOTIONAL")


def check_relation(target: Order, stop: Order, book: Book) -> None:
    """Hold an OCO against the market: it lies strictly between its legs; raises Refused."""
    market = quote_for(target.side, book)
    limit, trigger = target.price or ZERO, stop.stop_price or ZERO
    low, high = (trigger, limit) if target.side is Side.SELL else (limit, trigger)
    if not low < market < high:
        raise _rejected("The relationship of the prices for the orders is not correct.")


def check_funds(
    order: Order, wallet_now: dict[str, Balance], rules: SymbolRules, at: Book
) -> None:
    """Whether the free balance covers the order; raises Refused."""
    asset, amount = _need(order, rules)
    if order.kind is OrderKind.MARKET and order.side is Side.BUY:
        amount = order.quantity * at.ask
    held = wallet_now.get(asset)
    if held is None or held.free < amount:
        message = "Account has insufficient balance for requested action."
        raise NoFunds(message, code=_REJECTED)


def _need(order: Order, rules: SymbolRules) -> tuple[str, Decimal]:
    if order.side is Side.SELL:
        return rules.base, order.quantity
    return rules.quote, order.quantity * (order.price or order.stop_price or ZERO)


def _check_price(price: Decimal, rules: SymbolRules) -> None:
    off_grid = rules.tick_size and price % rules.tick_size
    if price < rules.min_price or off_grid or (rules.max_price and price > rules.max_price):
        raise _filtered("PRICE_FILTER")


def _check_quantity(order: Order, rules: SymbolRules) -> None:
    lots = [("LOT_SIZE", rules.min_qty, rules.max_qty, rules.step_size)]
    if order.kind is OrderKind.MARKET:
        market = (rules.market_min_qty, rules.market_max_qty, rules.market_step_size)
        lots.append(("MARKET_LOT_SIZE", *market))
    for name, low, high, step in lots:
        too_big = high and order.quantity > high
        if order.quantity < low or too_big or (step and order.quantity % step):
            raise _filtered(name)
    if order.quantity <= 0:
        raise _filtered("LOT_SIZE")


def _filtered(name: str) -> Refused:
    return Refused(f"Filter failure: {name}", code=_FILTER)


def _rejected(message: str) -> Refused:
    return Refused(message, code=_REJECTED)
