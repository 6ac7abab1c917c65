"""Money of the local exchange: locking for orders, settling fills, commission. Exact, pure."""

from decimal import ROUND_DOWN, Decimal

from engine.core.market import Side
from engine.exchange.simulator.errors import insufficient_balance
from engine.exchange.simulator.orders import ZERO, Account, Lock, Order
from engine.exchange.simulator.symbols import SymbolSpec

_CENT = Decimal("1e-8")
_BNB_DISCOUNT = Decimal("0.75")


def lock_for(
    account: Account, spec: SymbolSpec, side: Side, quantity: Decimal, worst_price: Decimal
) -> Lock:
    """Set aside what an order can cost: base for a SELL, quote at ``worst_price`` for a BUY.

    Raises:
        Refused: the free balance does not cover it.
    """
    asset, per_unit = (spec.base, Decimal(1)) if side is Side.SELL else (spec.quote, worst_price)
    amount = quantity * per_unit
    balance = account.balance(asset)
    if balance.free < amount:
        raise insufficient_balance()
    balance.free -= amount
    balance.locked += amount
    return Lock(asset, per_unit, amount)


def release(account: Account, lock: Lock) -> None:
    """Free what is left of a lock."""
    balance = account.balance(lock.asset)
    balance.locked -= lock.left
    balance.free += lock.left
    lock.left = ZERO


def affordable(order: Order, price: Decimal, quantity: Decimal) -> bool:
    """Whether a fill that takes more than is set aside finds the rest in the free balance."""
    lock = order.lock
    if lock is None:
        return True
    missing = _need(order, price, quantity) - lock.per_unit * quantity
    return order.account.balance(lock.asset).free >= missing


def settle(
    order: Order, spec: SymbolSpec, price: Decimal, quantity: Decimal, fee_rate: Decimal,
    bnb_price: Decimal | None,
) -> tuple[Decimal, str]:  # fmt: skip
    """Move base and quote for one fill; returns commission and the asset it was paid in."""
    account, lock = order.account, order.lock
    if lock is None:
        raise ValueError("an order that trades has money set aside")
    cost, reserved = price * quantity, lock.per_unit * quantity
    paid = account.balance(lock.asset)
    lock.left -= reserved
    paid.locked -= reserved
    paid.free += reserved - _need(order, price, quantity)
    buys = order.wish.side is Side.BUY
    received, amount = (spec.base, quantity) if buys else (spec.quote, cost)
    account.balance(received).free += amount
    return _charge(account, received, amount, cost, fee_rate, bnb_price)


def _need(order: Order, price: Decimal, quantity: Decimal) -> Decimal:
    """What a fill takes: base of a SELL, quote of a BUY."""
    return quantity if order.wish.side is Side.SELL else price * quantity


def _charge(
    account: Account, received: str, amount: Decimal, cost: Decimal, rate: Decimal,
    bnb_price: Decimal | None,
) -> tuple[Decimal, str]:  # fmt: skip
    if account.bnb_burn and bnb_price:
        fee = (cost * rate * _BNB_DISCOUNT / bnb_price).quantize(_CENT, ROUND_DOWN)
        if account.balance("BNB").free >= fee:
            account.balance("BNB").free -= fee
            return fee, "BNB"
    fee = (amount * rate).quantize(_CENT, ROUND_DOWN)
    account.balance(received).free -= fee
    return fee, received
