"""What the futures exchange remembers: accounts, positions, orders, trades, income."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.core.market import Side
from engine.exchange.simulator.orders import Account, Status

ZERO = Decimal(0)
DEFAULT_LEVERAGE = 20
STOPS = frozenset({"STOP", "STOP_MARKET"})
TARGETS = frozenset({"TAKE_PROFIT", "TAKE_PROFIT_MARKET"})
TRAILING = "TRAILING_STOP_MARKET"
PRICED = frozenset({"LIMIT", "STOP", "TAKE_PROFIT"})


def sign(side: Side) -> int:
    """+1 for a BUY, -1 for a SELL."""
    return 1 if side is Side.BUY else -1


@dataclass(frozen=True, slots=True)
class Wish:
    """A valid wish for an order, regular or conditional; unset prices and quantities are zero.

    ``position_side`` is BOTH in one-way mode, LONG or SHORT in hedge mode. ``callback`` is the
    trailing distance in percent.
    """

    symbol: str
    side: Side
    kind: str
    position_side: str = "BOTH"
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    trigger: Decimal = ZERO
    activation: Decimal = ZERO
    callback: Decimal = ZERO
    time_in_force: str = "GTC"
    client_id: str = ""
    reduce_only: bool = False
    close_position: bool = False
    working_type: str = "CONTRACT_PRICE"
    price_protect: bool = False
    price_match: str = "NONE"
    stp_mode: str = "EXPIRE_MAKER"
    good_till: int = 0

    @property
    def reducing(self) -> bool:
        """Whether it may only make a position smaller; in hedge mode its two sides tell."""
        hedged = {"LONG": Side.SELL, "SHORT": Side.BUY}.get(self.position_side)
        return self.reduce_only or self.close_position or self.side is hedged

    @property
    def bound(self) -> bool:
        """Whether it ends with the position that it was placed for."""
        return self.time_in_force == "GTE_GTC"

    @property
    def priced(self) -> bool:
        """Whether it carries a limit price."""
        return self.kind in PRICED

    def triggered(self, quantity: Decimal) -> "Wish":
        """The regular order that a conditional one becomes."""
        kind = "LIMIT" if self.priced else "MARKET"
        return replace(self, kind=kind, quantity=quantity)


@dataclass(slots=True)
class Position:
    """What is held of one symbol: signed ``amount`` in base, signed ``cost`` in USDT.

    ``isolated`` is the margin set aside for it, ``carried`` what trading, fees and funding have
    earned since it was opened, ``realized`` the sum of realized profits.
    """

    symbol: str
    side: str
    amount: Decimal = ZERO
    cost: Decimal = ZERO
    isolated: Decimal = ZERO
    carried: Decimal = ZERO
    realized: Decimal = ZERO
    updated_at: int = 0

    @property
    def entry(self) -> Decimal:
        """Average entry price, 0 when flat."""
        return self.cost / self.amount if self.amount else ZERO

    @property
    def break_even(self) -> Decimal:
        """Price at which closing leaves neither profit nor loss, fees of the closing apart."""
        return (self.cost - self.carried) / self.amount if self.amount else ZERO


@dataclass(slots=True)
class Setting:
    """Leverage and margin type of one symbol."""

    leverage: int = DEFAULT_LEVERAGE
    isolated: bool = False


@dataclass(slots=True, eq=False)
class FuturesAccount:
    """Futures side of an account.

    ``orphans_stay``: a closePosition order outlives its position. ``keeps_algo_id``: the order
    that a conditional one becomes carries its client id. ``multi_assets`` is kept and told;
    margin is USDT in either mode.
    """

    owner: Account
    wallet: dict[str, Decimal] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    hedge: bool = False
    multi_assets: bool = False
    bnb_burn: bool = False
    orphans_stay: bool = True
    keeps_algo_id: bool = True
    maker_fee: Decimal = Decimal("0.0002")
    taker_fee: Decimal = Decimal("0.0005")
    updated_at: int = 0

    @property
    def key(self) -> str:
        """API key."""
        return self.owner.key

    def setting(self, symbol: str) -> Setting:
        """Setting of a symbol, made when missing."""
        return self.settings.setdefault(symbol, Setting())

    def position(self, symbol: str, side: str) -> Position:
        """Position of a symbol, made when missing; ``side`` is BOTH, LONG or SHORT."""
        return self.positions.setdefault((symbol, side), Position(symbol, side))

    def held(self, symbol: str | None = None) -> list[Position]:
        """Open positions."""
        return [p for p in self.positions.values() if p.amount and symbol in {None, p.symbol}]

    def reducible(self, wish: Wish) -> Decimal:
        """Quantity by which an order could make its position smaller."""
        amount = self.position(wish.symbol, wish.position_side).amount
        return max(ZERO, -amount * sign(wish.side))


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill; ``id`` is unique per symbol."""

    id: int
    symbol: str
    order_id: int
    side: Side
    position_side: str
    price: Decimal
    quantity: Decimal
    realized: Decimal
    commission: Decimal
    commission_asset: str
    at: int
    maker: bool


@dataclass(frozen=True, slots=True)
class Income:
    """One movement of a wallet; ``kind`` is the API's incomeType."""

    id: int
    symbol: str
    kind: str
    amount: Decimal
    asset: str
    at: int
    trade_id: int | None = None


@dataclass(slots=True, eq=False)
class Order:
    """A regular order; ``reason`` is the number of why it expired, ``algo`` what it came from."""

    account: FuturesAccount
    wish: Wish
    id: int
    client_id: str
    created_at: int
    quantity: Decimal
    price: Decimal
    status: Status = Status.NEW
    updated_at: int = 0
    executed: Decimal = ZERO
    spent: Decimal = ZERO
    trades: list[Trade] = field(default_factory=list)
    reason: str = "0"
    algo: "AlgoOrder | None" = None

    @property
    def remaining(self) -> Decimal:
        """Quantity still to trade."""
        return self.quantity - self.executed

    @property
    def average(self) -> Decimal:
        """Average price of its fills, 0 without any."""
        return self.spent / self.executed if self.executed else ZERO


@dataclass(slots=True, eq=False)
class AlgoOrder:
    """A conditional order.

    ``status``: NEW, TRIGGERING, TRIGGERED, FINISHED, CANCELED, REJECTED or EXPIRED. ``extreme`` is
    the best price a trailing stop has seen since it became ``active``.
    """

    account: FuturesAccount
    wish: Wish
    id: int
    client_id: str
    created_at: int
    status: str = "NEW"
    updated_at: int = 0
    triggered_at: int = 0
    order: Order | None = None
    reason: str = ""
    active: bool = False
    extreme: Decimal = ZERO

    @property
    def waiting(self) -> bool:
        """Whether its trigger has yet to be reached."""
        return self.status == "NEW"
