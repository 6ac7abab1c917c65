"""What speaks against a futures order: status, filters, mode, counts, position, margin.

The simulator's own reading of the USD-M filters and error catalogue.
"""

from decimal import Decimal

from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.futures import errors
from engine.exchange.simulator.futures.contracts import Contract
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.margin import initial
from engine.exchange.simulator.futures.model import (
    STOPS,
    TARGETS,
    TRAILING,
    ZERO,
    FuturesAccount,
    Order,
    Wish,
    sign,
)  # fmt: skip

MOST_CONDITIONAL = 200
_REDUCING_ONLY = frozenset({"PRE_SETTLE", "PRE_DELIVERING"})


def check_order(floor: Floor, account: FuturesAccount, wish: Wish) -> None:
    """Everything that may speak against a regular order.

    Raises:
        Refused: it would not be taken.
    """
    contract = floor.contracts[wish.symbol]
    check_rules(floor, account, wish)
    known = floor.shelf.find(account, wish.symbol, None, wish.client_id)
    if wish.client_id and known is not None and known.status.live:
        raise errors.duplicate()
    bid, ask = floor.quote(wish.symbol)
    buys = sign(wish.side) > 0
    if wish.price:
        takes = wish.price >= ask if buys else wish.price <= bid
        if wish.time_in_force == "GTX" and takes:
            raise Refused(
                -5022,
                "Due to the order could not be executed as maker, the Post Only order will be "
                "rejected. The order will not be recorded in the order history",
            )
        if wish.time_in_force == "FOK" and not takes:
            raise Refused(
                -5021,
                "Due to the order could not be filled immediately, the FOK order has been "
                "rejected. The order will not be recorded in the order history",
            )
    if (
        wish.kind != "MARKET"
        and len(floor.shelf.live(account, wish.symbol)) >= contract.max_orders
    ):
        raise Refused(-2025, "Reach max open order limit.")
    check_means(floor, account, wish, wish.price or (ask if buys else bid))


def check_algo(floor: Floor, account: FuturesAccount, wish: Wish) -> None:
    """Everything that may speak against a conditional order: not its margin, not its position.

    Raises:
        Refused: it would not be taken.
    """
    check_rules(floor, account, wish)
    waiting = floor.shelf.waiting(account)
    known = floor.shelf.find_algo(account, None, wish.client_id)
    if wish.client_id and known is not None and known.waiting:
        raise errors.duplicate()
    if len(waiting) >= MOST_CONDITIONAL:
        raise Refused(-4045, "Reach max stop order limit.")
    _check_trigger(wish, floor.last(wish.symbol))
    if (wish.close_position or wish.bound) and not account.reducible(wish):
        raise errors.no_close_target()
    if wish.close_position and any(
        a.wish.close_position
        and (a.wish.symbol, a.wish.kind, a.wish.side, a.wish.position_side)
        == (wish.symbol, wish.kind, wish.side, wish.position_side)
        for a in waiting
    ):
        raise errors.second_close()


def check_rules(floor: Floor, account: FuturesAccount, wish: Wish) -> None:
    """Status, position mode and filters.

    Raises:
        Refused: -4140, -4141, -4061 or a filter's code.
    """
    contract = floor.contracts[wish.symbol]
    if contract.status in _REDUCING_ONLY and not wish.reducing:
        raise Refused(-4140, "Invalid symbol status for opening position.")
    if contract.status not in {"TRADING", *_REDUCING_ONLY}:
        raise Refused(-4141, "Symbol is closed.")
    if account.hedge == (wish.position_side == "BOTH"):
        raise errors.wrong_side()
    mark = floor.mark(wish.symbol)
    _check_precision(contract, wish)
    if not wish.close_position:
        _check_quantity(contract, wish)
    for price, codes in ((wish.price, (-4013, -4002)), (wish.trigger, (-4006, -4007)),
                         (wish.activation, (-4006, -4007))):  # fmt: skip
        if price:
            _check_price(contract, price, codes)
    if wish.price and wish.kind == "LIMIT":
        _check_band(contract, wish, mark)
    worth = wish.quantity * (wish.price or wish.trigger or mark)
    if not wish.reducing and worth < contract.min_notional:
        raise errors.too_small(contract.min_notional)


def check_means(floor: Floor, account: FuturesAccount, wish: Wish, price: Decimal) -> None:
    """Hold a regular order at a price against the position it reduces or the margin it needs.

    Raises:
        Refused: -2022, -4118, -2027 or -2019.
    """
    if wish.reducing:
        _check_reducing(floor, account, wish)
        return
    mark, leverage = floor.mark(wish.symbol), account.setting(wish.symbol).leverage
    live = floor.shelf.live(account, wish.symbol)
    wanted = Order(account, wish, 0, "", 0, wish.quantity, price)
    before = initial(account, wish.symbol, mark, live)
    after = initial(account, wish.symbol, mark, [*live, wanted])
    more = sum(after) - sum(before)
    if more and sum(after) * leverage > floor.contracts[wish.symbol].cap(leverage):
        raise errors.beyond_leverage()
    loss = max(ZERO, (price - mark) * sign(wish.side)) * wish.quantity if more else ZERO
    if more + loss > floor.figures(account).available:
        raise errors.no_margin()


def _check_reducing(floor: Floor, account: FuturesAccount, wish: Wish) -> None:
    left = account.reducible(wish)
    if not left or (account.hedge and wish.quantity > left):
        raise errors.reduce_only()
    if wish.kind != "LIMIT":
        return
    for order in floor.shelf.live(account, wish.symbol):
        same = order.wish.side is wish.side and order.wish.position_side == wish.position_side
        better = (wish.price - order.price) * sign(wish.side) <= 0
        left -= order.remaining if same and order.wish.reducing and better else ZERO
    if left <= 0:
        raise errors.reduce_only_conflict()


def _check_precision(contract: Contract, wish: Wish) -> None:
    prices = (wish.price, wish.trigger, wish.activation)
    fine = any(_places(price) > _places(contract.tick) for price in prices)
    if fine or _places(wish.quantity) > _places(contract.step):
        raise errors.too_precise()


def _check_quantity(contract: Contract, wish: Wish) -> None:
    quantity = wish.quantity
    most = contract.market_max_qty if wish.kind == "MARKET" else contract.max_qty
    if quantity <= 0:
        raise Refused(-4003, "Quantity less than or equal to zero.")
    if quantity < contract.step:
        raise Refused(-4004, "Quantity less than min quantity.")
    if quantity > most:
        raise Refused(-4005, "Quantity greater than max quantity.")
    if quantity % contract.step:
        raise Refused(-4023, "Qty not increased by step size.")


def _check_price(contract: Contract, price: Decimal, codes: tuple[int, int]) -> None:
    if price < contract.tick:
        raise Refused(codes[0], "Price less than min price.")
    if price > contract.max_price:
        raise Refused(codes[1], "Price greater than max price.")
    if price % contract.tick:
        raise Refused(-4014, "Price not increased by tick size.")


def _check_band(contract: Contract, wish: Wish, mark: Decimal) -> None:
    high, low = mark * contract.multiplier_up, mark * contract.multiplier_down
    if sign(wish.side) > 0 and wish.price > high:
        raise Refused(-4016, f"Limit price can't be higher than {high:.2f}.")
    if sign(wish.side) < 0 and wish.price < low:
        raise Refused(-4024, f"Limit price can't be lower than {low:.2f}.")


def _check_trigger(wish: Wish, last: Decimal) -> None:
    """A trigger lies ahead: stops in the direction of the order, targets and activations against.

    A trailing stop's trigger does not exist before it follows the price.
    """
    way = sign(wish.side)
    late = {
        wish.kind in STOPS: (wish.trigger - last) * way <= 0,
        wish.kind in TARGETS: (wish.trigger - last) * way >= 0,
        wish.kind == TRAILING: bool(wish.activation) and (wish.activation - last) * way >= 0,
    }
    if late[True]:
        raise errors.would_trigger()


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
