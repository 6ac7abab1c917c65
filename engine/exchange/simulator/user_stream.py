"""User data events of the spot market, told to whoever has subscribed to an account."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from engine.exchange.simulator.orders import Account, Order, OrderList, Trade
from engine.exchange.simulator.symbols import wire

Sink = Callable[[Account, dict[str, Any]], None]


class UserEvents:
    """Turns what happens in the book into events; a ``Listener`` of the book.

    ``tell`` receives (account, event) in the order in which the exchange would send them.
    """

    def __init__(self, tell: Sink, now: Callable[[], int]) -> None:
        self._tell = tell
        self._now = now
        self._executions = 0

    def order_changed(
        self, order: Order, execution: str, trade: Trade | None, cancel_id: str
    ) -> None:
        """Send an executionReport."""
        self._executions += 1
        at = order.updated_at if execution != "NEW" else max(order.created_at, order.working_at)
        wish, cancelled = order.wish, execution == "CANCELED"
        event = {
            "e": "executionReport", "E": self._now(), "s": wish.symbol,
            "c": cancel_id if cancelled else order.client_id,
            "S": wish.side.value, "o": wish.kind.value, "f": wish.time_in_force,
            "q": wire(order.quantity), "p": wire(wish.price), "P": wire(wish.stop_price),
            "F": wire(Decimal(0)), "g": order.list_id,
            "C": order.client_id if cancelled else "",
            "x": execution, "X": order.status.value, "r": "NONE", "i": order.id,
        } | _fill(order, trade) | {
            "T": at, "t": trade.id if trade else -1, "v": 0, "I": self._executions,
            "w": order.status.live and not order.waiting, "m": bool(trade and trade.maker),
            "M": False, "O": order.created_at, "Z": wire(order.spent),
            "Y": wire(trade.price * trade.quantity if trade else Decimal(0)),
            "Q": wire(wish.quote_quantity), "V": wish.stp_mode,
        }  # fmt: skip
        if order.working_at >= 0:
            event["W"] = order.working_at
        if wish.strategy_id is not None:
            event["j"] = wish.strategy_id
        if wish.strategy_type is not None:
            event["J"] = wish.strategy_type
        if order.expiry_reason:
            event["eR"] = order.expiry_reason
        self._tell(order.account, event)

    def list_changed(self, orders: OrderList, *, done: bool) -> None:
        """Send a listStatus."""
        legs = [{"s": o.wish.symbol, "i": o.id, "c": o.client_id} for o in orders.orders]
        self._tell(orders.account, {
            "e": "listStatus", "E": self._now(), "s": orders.symbol, "g": orders.id,
            "c": orders.contingency, "l": "ALL_DONE" if done else "EXEC_STARTED",
            "L": "ALL_DONE" if done else "EXECUTING", "r": "NONE", "C": orders.client_id,
            "T": orders.updated_at, "O": legs,
        })  # fmt: skip

    def money_changed(self, account: Account, assets: Iterable[str]) -> None:
        """Send an outboundAccountPosition."""
        account.updated_at = self._now()
        rows = [(asset, account.balance(asset)) for asset in sorted(set(assets))]
        self._tell(account, {
            "e": "outboundAccountPosition", "E": account.updated_at, "u": account.updated_at,
            "B": [{"a": asset, "f": wire(b.free), "l": wire(b.locked)} for asset, b in rows],
        })  # fmt: skip

    def deposited(self, account: Account, asset: str, amount: Decimal) -> None:
        """Send a balanceUpdate and the new amounts."""
        at = self._now()
        self._tell(
            account, {"e": "balanceUpdate", "E": at, "a": asset, "d": wire(amount), "T": at}
        )
        self.money_changed(account, (asset,))


def _fill(order: Order, trade: Trade | None) -> dict[str, Any]:
    zero = Decimal(0)
    return {
        "l": wire(trade.quantity if trade else zero),
        "z": wire(order.executed),
        "L": wire(trade.price if trade else zero),
        "n": wire(trade.commission) if trade else "0",
        "N": trade.commission_asset if trade else None,
    }
