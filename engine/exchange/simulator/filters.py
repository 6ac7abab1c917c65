"""Symbol filters of the local exchange, as its own reading of the filter rules."""

from collections.abc import Sequence
from decimal import Decimal

from engine.core.market import Side
from engine.exchange.simulator.errors import filter_failure, too_precise
from engine.exchange.simulator.orders import Kind, NewOrder
from engine.exchange.simulator.symbols import PRECISION, SymbolSpec


def check_order(
    spec: SymbolSpec, wish: NewOrder, bid: Decimal, ask: Decimal, average: Decimal,
    open_kinds: Sequence[Kind],
) -> None:  # fmt: skip
    """Hold an order against the filters of its symbol; ``open_kinds`` are the live orders there.

    Raises:
        Refused: -1013 with the filter's name, or -1111.
    """
    _check_precision(wish)
    _check_prices(spec, wish, average)
    market_price = ask if wish.side is Side.BUY else bid
    quantity = wish.quantity or wish.quote_quantity / market_price
    if wish.quantity:
        _check_quantity(spec, wish)
    _check_notional(spec, wish, quantity, average)
    _check_counts(spec, wish, open_kinds)


def _check_precision(wish: NewOrder) -> None:
    numbers = {"quantity": wish.quantity, "quoteOrderQty": wish.quote_quantity,
               "price": wish.price, "stopPrice": wish.stop_price}  # fmt: skip
    for name, value in numbers.items():
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > PRECISION:
            raise too_precise(name)


def _check_prices(spec: SymbolSpec, wish: NewOrder, average: Decimal) -> None:
    for price in (wish.price, wish.stop_price):
        if price and (not spec.tick <= price <= spec.max_price or price % spec.tick):
            raise filter_failure("PRICE_FILTER")
    low, high = average * spec.percent_down, average * spec.percent_up
    if wish.price and not low <= wish.price <= high:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _check_quantity(spec: SymbolSpec, wish: NewOrder) -> None:
    if not spec.step <= wish.quantity <= spec.max_qty or wish.quantity % spec.step:
        raise filter_failure("LOT_SIZE")
    if wish.kind is Kind.MARKET and wish.quantity > spec.market_max_qty:
        raise filter_failure("MARKET_LOT_SIZE")


def _check_notional(spec: SymbolSpec, wish: NewOrder, quantity: Decimal, average: Decimal) -> None:
    notional = wish.quote_quantity or quantity * (wish.price or wish.stop_price or average)
    too_much = notional > spec.max_notional and wish.kind is not Kind.MARKET
    if notional < spec.min_notional or too_much:
        raise filter_failure("NOTIONAL")


def _check_counts(spec: SymbolSpec, wish: NewOrder, open_kinds: Sequence[Kind]) -> None:
    if wish.kind is Kind.MARKET:
        return
    if len(open_kinds) >= spec.max_orders:
        raise filter_failure("MAX_NUM_ORDERS")
    stops = sum(kind.conditional for kind in open_kinds)
    if wish.kind.conditional and stops >= spec.max_algo_orders:
        raise filter_failure("MAX_NUM_ALGO_ORDERS")
