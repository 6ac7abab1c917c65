"""Margin of futures accounts, exact: what is bound, what is left, where a position ends.

Formulas as in the USD-M margin rules: initial margin is notional / leverage, maintenance margin
notional × rate − cum of its bracket, and an account is liquidated once what backs its positions is
no more than their maintenance margin.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from engine.core.market import Side
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET, Contract
from engine.exchange.simulator.futures.model import ZERO, FuturesAccount, Order, Position

CENT = Decimal("1e-8")
MarkOf = Callable[[str], Decimal]


def exact(value: Decimal) -> Decimal:
    """Amount of money, rounded to eight decimals."""
    return value.quantize(CENT, ROUND_HALF_UP)


class Change(NamedTuple):
    """What a fill realized in USDT, and how much isolated margin it takes (or gives back)."""

    realized: Decimal
    isolated: Decimal


class Figures(NamedTuple):
    """Money of an account in USDT."""

    wallet: Decimal
    cross_wallet: Decimal
    cross_pnl: Decimal
    pnl: Decimal
    position_initial: Decimal
    order_initial: Decimal
    maintenance: Decimal
    available: Decimal


class Standing(NamedTuple):
    """What backs positions, profits included, and their maintenance margin, in USDT."""

    worth: Decimal
    needed: Decimal

    @property
    def spent(self) -> bool:
        """Whether they have to be liquidated."""
        return self.worth <= self.needed


def unrealized(position: Position, mark: Decimal) -> Decimal:
    """Profit of a position at a mark price."""
    return exact(position.amount * mark - position.cost)


def maintenance(contract: Contract, position: Position, mark: Decimal) -> Decimal:
    """Maintenance margin of a position at a mark price."""
    notional = abs(position.amount) * mark
    bracket = contract.bracket(notional)
    return exact(notional * bracket.rate - bracket.cum)


def trade(position: Position, quantity: Decimal, price: Decimal, leverage: int | None) -> Change:
    """Change a position by a signed quantity at a price; ``leverage`` None means crossed margin.

    Its cost is given back in shares of eight decimals, so that the realized profits of a closed
    position add up to exactly what was sold minus what was bought.
    """
    realized = moved = ZERO
    if position.amount * quantity < 0:
        closed = min(abs(quantity), abs(position.amount)).copy_sign(quantity)
        part = -closed / position.amount
        share = position.cost if part == 1 else exact(position.cost * part)
        realized = -closed * price - share
        moved = -(position.isolated if part == 1 else exact(position.isolated * part))
        position.amount += closed
        position.cost -= share
        position.carried += realized
        quantity -= closed
    if quantity:
        position.carried = position.carried if position.amount else ZERO
        position.amount += quantity
        position.cost += quantity * price
        moved += exact(abs(quantity) * price / leverage) if leverage else ZERO
    position.isolated += moved
    position.realized += realized
    return Change(realized, moved)


def initial(account: FuturesAccount, symbol: str, mark: Decimal, orders: Iterable[Order]) -> tuple[
    Decimal, Decimal
]:  # fmt: skip
    """Initial margin that positions and open orders of a symbol bind, in USDT.

    In one-way mode orders against the position bind nothing until they outgrow it.
    """
    bids = asks = ZERO
    for order in orders:
        if order.wish.symbol == symbol and not order.wish.reducing:
            notional = order.remaining * order.price
            bids += notional if order.wish.side is Side.BUY else ZERO
            asks += notional if order.wish.side is Side.SELL else ZERO
    held = {p.side: p.amount * mark for p in account.held(symbol)}
    leverage = account.setting(symbol).leverage
    net = held.get("BOTH", ZERO)
    positions = sum((abs(value) for value in held.values()), ZERO)
    hedged = positions - abs(net)
    both = hedged + (bids + asks if account.hedge else max(abs(net + bids), abs(net - asks)))
    return exact(positions / leverage), exact((max(both, positions) - positions) / leverage)


def figures(
    account: FuturesAccount, contracts: Mapping[str, Contract], mark: MarkOf,
    orders: Iterable[Order],
) -> Figures:  # fmt: skip
    """Money of an account at mark prices with its live orders."""
    held, live = account.held(), list(orders)
    wallet = account.wallet.get(MARGIN_ASSET, ZERO)
    isolated = sum((p.isolated for p in held), ZERO)
    pnl = {id(p): unrealized(p, mark(p.symbol)) for p in held}
    crossed = [p for p in held if not account.setting(p.symbol).isolated]
    cross_pnl = sum((pnl[id(p)] for p in crossed), ZERO)
    symbols = {p.symbol for p in held} | {o.wish.symbol for o in live}
    bound = {s: initial(account, s, mark(s), live) for s in symbols}
    cross_bound = sum((b[0] for s, b in bound.items() if not account.setting(s).isolated), ZERO)
    order_bound = sum((b[1] for b in bound.values()), ZERO)
    return Figures(
        wallet, wallet - isolated, cross_pnl, sum(pnl.values(), ZERO),
        sum((b[0] for b in bound.values()), ZERO), order_bound,
        sum((maintenance(contracts[p.symbol], p, mark(p.symbol)) for p in held), ZERO),
        max(ZERO, wallet - isolated + cross_pnl - cross_bound - order_bound),
    )  # fmt: skip


def sharing(account: FuturesAccount, position: Position) -> list[Position]:
    """Positions that the same margin backs: one alone when isolated, else all crossed ones."""
    if account.setting(position.symbol).isolated:
        return [position]
    return [p for p in account.held() if not account.setting(p.symbol).isolated]


def backing(account: FuturesAccount, position: Position) -> Decimal:
    """Wallet balance behind a position: its isolated margin, or the crossed wallet."""
    if account.setting(position.symbol).isolated:
        return position.isolated
    isolated = sum((p.isolated for p in account.held()), ZERO)
    return account.wallet.get(MARGIN_ASSET, ZERO) - isolated


def standing(
    account: FuturesAccount, contracts: Mapping[str, Contract], mark: MarkOf, position: Position
) -> Standing:
    """How a position and those that share its margin stand at these mark prices."""
    group = [(p, mark(p.symbol)) for p in sharing(account, position)]
    return Standing(
        backing(account, position) + sum((unrealized(p, at) for p, at in group), ZERO),
        sum((maintenance(contracts[p.symbol], p, at) for p, at in group), ZERO),
    )


def liquidation_price(
    account: FuturesAccount, contracts: Mapping[str, Contract], mark: MarkOf, position: Position
) -> Decimal:
    """Mark price at which a position is liquidated, all other prices unchanged; 0 for never."""
    worth, slope, contract = backing(account, position), ZERO, contracts[position.symbol]
    for held in sharing(account, position):
        if held.symbol != position.symbol:
            price = mark(held.symbol)
            worth += unrealized(held, price) - maintenance(contracts[held.symbol], held, price)
            continue
        bracket = contract.bracket(abs(held.amount) * mark(held.symbol))
        worth += bracket.cum - held.cost
        slope += held.amount - abs(held.amount) * bracket.rate
    return max(ZERO, -worth / slope) if slope else ZERO
