"""Where the book of the local exchange keeps its orders, lists and trades, and finds them."""

from decimal import Decimal

from engine.core.market import Side
from engine.exchange.simulator.orders import Account, Lock, NewOrder, Order, OrderList, Trade


class Shelf:
    """All orders ever, with ids that rise per symbol."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.lists: list[OrderList] = []
        self.trades: list[tuple[Account, Trade]] = []
        self._live: dict[str, dict[int, Order]] = {}
        self._trade_ids: dict[str, int] = {}
        self._order_ids: dict[str, int] = {}
        self._by_id: dict[tuple[str, int], Order] = {}
        self._by_client: dict[tuple[str, str, str], Order] = {}

    def admit(
        self, account: Account, wish: NewOrder, quantity: Decimal, lock: Lock, at: int
    ) -> Order:
        """Make a live order of a wish."""
        symbol = wish.symbol
        number = self._order_ids.get(symbol, 0) + 1
        self._order_ids[symbol] = number
        client_id = wish.client_id or f"auto-{symbol}-{number}"
        order = Order(account, wish, number, client_id, at, quantity, lock=lock, updated_at=at)
        if not wish.kind.conditional:
            order.working_at = at
        self.orders.append(order)
        self._by_id[symbol, number] = order
        self._by_client[account.key, symbol, client_id] = order
        self._live.setdefault(symbol, {})[number] = order
        return order

    def retire(self, order: Order) -> None:
        """Take an order that has ended from the live ones."""
        self._live[order.wish.symbol].pop(order.id, None)

    def record(
        self, order: Order, price: Decimal, quantity: Decimal, fee: tuple[Decimal, str], at: int,
        *, maker: bool,
    ) -> Trade:  # fmt: skip
        """Write a fill down."""
        symbol = order.wish.symbol
        number = self._trade_ids.get(symbol, 0) + 1
        self._trade_ids[symbol] = number
        trade = Trade(
            number, symbol, order.id, order.list_id, price, quantity, *fee, at,
            order.wish.side is Side.BUY, maker,
        )  # fmt: skip
        order.trades.append(trade)
        self.trades.append((order.account, trade))
        return trade

    def on_symbol(self, symbol: str) -> list[Order]:
        """Live orders of everybody."""
        return list(self._live.get(symbol, {}).values())

    def live(self, account: Account, symbol: str | None = None) -> list[Order]:
        """Open orders of an account, oldest first."""
        symbols = [symbol] if symbol else list(self._live)
        found = [o for name in symbols for o in self.on_symbol(name) if o.account is account]
        return sorted(found, key=lambda order: (order.created_at, order.id))

    def find(
        self, account: Account, symbol: str, order_id: int | None, client_id: str | None
    ) -> Order | None:
        """Order by id or, the latest that carried it, by client id."""
        if order_id is not None:
            order = self._by_id.get((symbol, order_id))
        else:
            order = self._by_client.get((account.key, symbol, client_id or ""))
        return order if order is not None and order.account is account else None

    def find_list(
        self, account: Account, list_id: int | None, client_id: str | None
    ) -> OrderList | None:
        """Order list by id or, the latest, by client id."""
        if list_id is not None:
            found = self.lists[list_id] if 0 <= list_id < len(self.lists) else None
            return found if found is not None and found.account is account else None
        mine = (orders for orders in reversed(self.lists) if orders.account is account)
        return next((orders for orders in mine if orders.client_id == client_id), None)
