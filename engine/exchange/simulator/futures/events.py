"""User data events of the futures exchange, told to whoever holds the account's listen key."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator.futures import wire
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.margin import MarkOf, unrealized
from engine.exchange.simulator.futures.model import (
    ZERO,
    AlgoOrder,
    FuturesAccount,
    Order,
    Position,
    Trade,
)  # fmt: skip
from engine.exchange.simulator.symbols import wire as money

Sink = Callable[[FuturesAccount, dict[str, Any]], None]


class FuturesEvents:
    """Turns what happens to orders and money into events.

    ``tell`` receives (account, event) in the order in which the exchange would send them.
    """

    def __init__(self, tell: Sink, now: Callable[[], int], mark: MarkOf) -> None:
        self._tell = tell
        self._now = now
        self._mark = mark

    def order(self, order: Order, execution: str, fill: Trade | None = None) -> None:
        """Send ORDER_TRADE_UPDATE; ``execution`` is NEW, TRADE, CANCELED, EXPIRED, AMENDMENT..."""
        body = wire.order_event(order, execution, fill)
        self._send(order.account, "ORDER_TRADE_UPDATE", order.updated_at, {"o": body})

    def trade_lite(self, order: Order, fill: Trade) -> None:
        """Send TRADE_LITE, the short and early form of a fill."""
        self._send(order.account, "TRADE_LITE", fill.at, {
            "s": fill.symbol, "q": fixed(order.quantity), "p": wire.price(order.price),
            "m": fill.maker, "c": order.client_id, "S": fill.side.value,
            "L": wire.price(fill.price), "l": fixed(fill.quantity), "t": fill.id, "i": order.id,
        })  # fmt: skip

    def algo(self, algo: AlgoOrder) -> None:
        """Send ALGO_UPDATE."""
        body = wire.algo_event(algo)
        self._send(algo.account, "ALGO_UPDATE", algo.updated_at, {"o": body})

    def money(
        self, account: FuturesAccount, reason: str, at: int, changes: Mapping[str, Decimal],
        positions: Iterable[Position] = (),
    ) -> None:  # fmt: skip
        """Send ACCOUNT_UPDATE; ``changes`` by asset are without profit and commission."""
        rows = wire.balance_rows(account, dict(changes), lambda asset: _cross(account, asset))
        held = [self._row(account, position) for position in positions]
        self._send(account, "ACCOUNT_UPDATE", at, {"a": {"m": reason, "B": rows, "P": held}})

    def leverage(self, account: FuturesAccount, symbol: str) -> None:
        """Send ACCOUNT_CONFIG_UPDATE about a symbol's leverage."""
        body = {"s": symbol, "l": account.setting(symbol).leverage}
        self._send(account, "ACCOUNT_CONFIG_UPDATE", self._now(), {"ac": body})

    def mode(self, account: FuturesAccount) -> None:
        """Send ACCOUNT_CONFIG_UPDATE about the multi-assets mode."""
        body = {"j": account.multi_assets}
        self._send(account, "ACCOUNT_CONFIG_UPDATE", self._now(), {"ai": body})

    def margin_call(self, account: FuturesAccount, position: Position, needed: Decimal) -> None:
        """Send MARGIN_CALL; ``needed`` is the maintenance margin."""
        mark, isolated = self._mark(position.symbol), account.setting(position.symbol).isolated
        body = {
            "s": position.symbol, "ps": position.side, "pa": fixed(position.amount),
            "mt": "ISOLATED" if isolated else "CROSSED", "iw": money(position.isolated),
            "mp": wire.price(mark), "up": money(unrealized(position, mark)), "mm": money(needed),
        }  # fmt: skip
        cross = {} if isolated else {"cw": money(_cross(account, MARGIN_ASSET))}
        self._send(account, "MARGIN_CALL", self._now(), cross | {"p": [body]})

    def _row(self, account: FuturesAccount, position: Position) -> dict[str, Any]:
        isolated = account.setting(position.symbol).isolated
        profit = unrealized(position, self._mark(position.symbol))
        return {
            "s": position.symbol, "pa": fixed(position.amount), "ep": wire.price(position.entry),
            "bep": wire.price(position.break_even), "cr": money(position.realized),
            "up": money(profit), "mt": "isolated" if isolated else "cross",
            "iw": money(position.isolated), "ps": position.side,
        }  # fmt: skip

    def _send(self, account: FuturesAccount, name: str, at: int, body: dict[str, Any]) -> None:
        self._tell(account, {"e": name, "T": at, "E": self._now()} | body)


def _cross(account: FuturesAccount, asset: str) -> Decimal:
    """Wallet balance of an asset that no isolated position has taken."""
    bound = sum((p.isolated for p in account.held()), ZERO) if asset == MARGIN_ASSET else ZERO
    return account.wallet.get(asset, ZERO) - bound
