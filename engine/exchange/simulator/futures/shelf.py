"""Where the futures exchange keeps orders, algo orders, trades and income, and finds them."""

from decimal import Decimal

from engine.exchange.simulator.futures.model import (
    ZERO,
    AlgoOrder,
    FuturesAccount,
    Income,
    Order,
    Trade,
    Wish,
)  # fmt: skip

_FIRST_ORDER, _FIRST_ALGO, _FIRST_TRANSFER = 8_000_000_001, 1_000_000_000_000_001, 1_000_001


class Shelf:
    """Everything that ever was; order ids and algo ids come from ranges that never meet."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.algos: list[AlgoOrder] = []
        self.trades: list[tuple[FuturesAccount, Trade]] = []
        self.income: list[tuple[FuturesAccount, Income]] = []
        self._dated: list[Order | AlgoOrder] = []
        self._live: dict[str, dict[int, Order]] = {}
        self._waiting: dict[str, dict[int, AlgoOrder]] = {}
        self._trade_ids: dict[str, int] = {}
        self._orders_by_client: dict[tuple[str, str, str], Order] = {}
        self._algos_by_client: dict[tuple[str, str], AlgoOrder] = {}

    def admit(
        self, account: FuturesAccount, wish: Wish, at: int, algo: AlgoOrder | None = None
    ) -> Order:
        """Make a live order of a wish."""
        number = _FIRST_ORDER + len(self.orders)
        client_id = wish.client_id or f"auto{number}"
        order = Order(
            account, wish, number, client_id, at, wish.quantity, wish.price, updated_at=at,
            algo=algo,
        )  # fmt: skip
        self.orders.append(order)
        self._orders_by_client[account.key, wish.symbol, client_id] = order
        self._live.setdefault(wish.symbol, {})[number] = order
        self._date(order)
        return order

    def admit_algo(self, account: FuturesAccount, wish: Wish, at: int) -> AlgoOrder:
        """Make a waiting conditional order of a wish."""
        number = _FIRST_ALGO + len(self.algos)
        algo = AlgoOrder(
            account, wish, number, wish.client_id or f"algo{number}", at, updated_at=at
        )
        self.algos.append(algo)
        self._algos_by_client[account.key, algo.client_id] = algo
        self._waiting.setdefault(wish.symbol, {})[number] = algo
        self._date(algo)
        return algo

    def take_due(self, now: int) -> list[Order | AlgoOrder]:
        """Take what had a good-till date that has come, whatever has become of it."""
        due = [found for found in self._dated if found.wish.good_till <= now]
        for found in due:
            self._dated.remove(found)
        return due

    def retire(self, order: Order) -> None:
        """Take an order that has ended from the live ones."""
        self._live[order.wish.symbol].pop(order.id, None)

    def restore(self, order: Order) -> None:
        """Put an order back among the live ones."""
        self._live[order.wish.symbol][order.id] = order

    def retire_algo(self, algo: AlgoOrder) -> None:
        """Take a conditional order that waits no longer from the waiting ones."""
        self._waiting[algo.wish.symbol].pop(algo.id, None)

    def record(
        self, order: Order, price: Decimal, quantity: Decimal, realized: Decimal,
        fee: tuple[Decimal, str], at: int, *, maker: bool,
    ) -> Trade:  # fmt: skip
        """Write a fill down, with what it realized and its commission as income."""
        wish, account = order.wish, order.account
        number = self._trade_ids.get(wish.symbol, 0) + 1
        self._trade_ids[wish.symbol] = number
        trade = Trade(
            number, wish.symbol, order.id, wish.side, wish.position_side, price, quantity,
            realized, *fee, at, maker,
        )  # fmt: skip
        order.trades.append(trade)
        self.trades.append((account, trade))
        return trade

    def earn(
        self, account: FuturesAccount, symbol: str, kind: str, amount: Decimal, asset: str,
        at: int, trade_id: int | None = None,
    ) -> Income:  # fmt: skip
        """Move a wallet by ``amount`` and write it down."""
        account.wallet[asset] = account.wallet.get(asset, ZERO) + amount
        account.updated_at = at
        entry = Income(
            _FIRST_TRANSFER + len(self.income), symbol, kind, amount, asset, at, trade_id
        )
        self.income.append((account, entry))
        return entry

    def live(
        self, account: FuturesAccount | None = None, symbol: str | None = None
    ) -> list[Order]:
        """Open orders, oldest first: of an account or of everybody, of a symbol or of all."""
        symbols = [symbol] if symbol else list(self._live)
        found = (o for name in symbols for o in self._live.get(name, {}).values())
        return sorted((o for o in found if account in {None, o.account}), key=lambda o: o.id)

    def waiting(
        self, account: FuturesAccount | None = None, symbol: str | None = None
    ) -> list[AlgoOrder]:
        """Waiting conditional orders, oldest first."""
        symbols = [symbol] if symbol else list(self._waiting)
        found = (a for name in symbols for a in self._waiting.get(name, {}).values())
        return sorted((a for a in found if account in {None, a.account}), key=lambda a: a.id)

    def find(
        self, account: FuturesAccount, symbol: str, order_id: int | None, client_id: str | None
    ) -> Order | None:
        """Order by id or, the latest that carried it, by client id."""
        if order_id is None:
            return self._orders_by_client.get((account.key, symbol, client_id or ""))
        index = order_id - _FIRST_ORDER
        order = self.orders[index] if 0 <= index < len(self.orders) else None
        mine = order is not None and order.account is account and order.wish.symbol == symbol
        return order if mine else None

    def find_algo(
        self, account: FuturesAccount, algo_id: int | None, client_id: str | None
    ) -> AlgoOrder | None:
        """Conditional order by id or, the latest that carried it, by client id."""
        if algo_id is None:
            return self._algos_by_client.get((account.key, client_id or ""))
        index = algo_id - _FIRST_ALGO
        algo = self.algos[index] if 0 <= index < len(self.algos) else None
        return algo if algo is not None and algo.account is account else None

    def _date(self, found: Order | AlgoOrder) -> None:
        if found.wish.good_till:
            self._dated.append(found)
