"""What the book of the local exchange remembers: accounts, orders, order lists and trades."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.core.market import Side

ZERO = Decimal(0)


class Status(StrEnum):
    """Order status in the exchange's words."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def live(self) -> bool:
        """Whether the order may still trade."""
        return self in {Status.NEW, Status.PARTIALLY_FILLED}


class Kind(StrEnum):
    """Order type in the exchange's words."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"

    @property
    def conditional(self) -> bool:
        """Whether it waits for a trigger price."""
        return self in CONDITIONAL

    @property
    def priced(self) -> bool:
        """Whether it carries a limit price."""
        return self in PRICED


CONDITIONAL = {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}
PRICED = {Kind.LIMIT, Kind.LIMIT_MAKER, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT}


@dataclass(slots=True)
class Balance:
    """Amounts of one asset."""

    free: Decimal = ZERO
    locked: Decimal = ZERO


@dataclass(slots=True, eq=False)
class Account:
    """A user of the exchange: one key, its rights and its money."""

    key: str
    secret: str
    uid: int
    balances: dict[str, Balance] = field(default_factory=dict)
    can_trade: bool = True
    can_withdraw: bool = False
    can_futures: bool = True
    can_transfer: bool = False
    ip_restricted: bool = True
    refused: bool = False
    bnb_burn: bool = False
    maker_fee: Decimal = Decimal("0.001")
    taker_fee: Decimal = Decimal("0.001")
    updated_at: int = 0

    def balance(self, asset: str) -> Balance:
        """Balance of ``asset``, made when missing."""
        return self.balances.setdefault(asset, Balance())


@dataclass(slots=True)
class Lock:
    """Money set aside for an order or shared by the legs of a list: ``per_unit`` × quantity."""

    asset: str
    per_unit: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A valid wish for an order; unset prices and quantities are zero."""

    symbol: str
    side: Side
    kind: Kind
    quantity: Decimal = ZERO
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    stop_price: Decimal = ZERO
    time_in_force: str = "GTC"
    client_id: str = ""
    stp_mode: str = "EXPIRE_MAKER"
    strategy_id: int | None = None
    strategy_type: int | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill; ``id`` is unique per symbol."""

    id: int
    symbol: str
    order_id: int
    list_id: int
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str
    at: int
    buyer: bool
    maker: bool


@dataclass(slots=True, eq=False)
class Order:
    """An order in whatever state; ``kept`` is one that outlived its list by a fault."""

    account: Account
    wish: NewOrder
    id: int
    client_id: str
    created_at: int
    quantity: Decimal
    status: Status = Status.NEW
    oco: "OrderList | None" = None
    lock: Lock | None = None
    working_at: int = -1
    updated_at: int = 0
    executed: Decimal = ZERO
    spent: Decimal = ZERO
    trades: list[Trade] = field(default_factory=list)
    expiry_reason: str = ""
    kept: bool = False

    @property
    def remaining(self) -> Decimal:
        """Quantity still to trade."""
        return self.quantity - self.executed

    @property
    def waiting(self) -> bool:
        """Whether a trigger price has yet to be reached."""
        return self.wish.kind.conditional and self.working_at < 0

    @property
    def facts(self) -> dict[str, str]:
        """What rules for orders are held against."""
        return {"symbol": self.wish.symbol, "type": self.wish.kind.value, "market": "spot",
                "side": self.wish.side.value, "clientOrderId": self.client_id}  # fmt: skip

    @property
    def list_id(self) -> int:
        """Id of its order list, or -1."""
        return self.oco.id if self.oco else -1


@dataclass(slots=True, eq=False)
class OrderList:
    """Two orders of which one cancels the other."""

    id: int
    symbol: str
    client_id: str
    account: Account
    created_at: int
    orders: list[Order] = field(default_factory=list)
    contingency: str = "OCO"
    updated_at: int = 0

    @property
    def live(self) -> bool:
        """Whether any leg may still trade."""
        return any(order.status.live for order in self.orders)
