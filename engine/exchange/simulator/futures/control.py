"""Control surface of the futures exchange: what tests may see and do behind its back."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator.futures import sheets, wire
from engine.exchange.simulator.futures.contracts import describe
from engine.exchange.simulator.futures.exchange import Futures
from engine.exchange.simulator.futures.model import FuturesAccount, Position
from engine.exchange.simulator.orders import Account

_SWITCHES = {"hedge": "hedge", "orphans_stay": "orphans_stay", "futures_bnb_burn": "bnb_burn",
             "keeps_algo_id": "keeps_algo_id"}  # fmt: skip


class FuturesControl:
    """Actions behind ``/sandbox/futures`` and the futures parts of the other actions."""

    def __init__(self, futures: Futures) -> None:
        self._futures = futures
        self._book = futures.book

    def state(self) -> dict[str, Any]:
        """Accounts, orders, conditional orders, trades and income of everybody."""
        shelf, accounts = self._book.floor.shelf, self._book.floor.accounts.values()
        return {
            "accounts": [self.account(account) for account in accounts],
            "orders": [wire.order(o, full=True) | {"apiKey": o.account.key, "er": o.reason}
                       for o in shelf.orders],
            "algoOrders": [wire.algo(a, full=True) | {"apiKey": a.account.key, "rm": a.reason}
                           for a in shelf.algos],
            "trades": [wire.trade(t) | {"apiKey": a.key} for a, t in shelf.trades],
            "income": [wire.income(i) | {"apiKey": a.key} for a, i in shelf.income],
        }  # fmt: skip

    def account(self, account: FuturesAccount) -> dict[str, Any]:
        """Wallet, modes, settings and open positions of an account."""
        floor = self._book.floor
        return {
            "apiKey": account.key,
            "wallet": {asset: fixed(amount) for asset, amount in account.wallet.items()},
            "hedge": account.hedge,
            "orphans_stay": account.orphans_stay,
            "bnb_burn": account.bnb_burn,
            "settings": {symbol: {"leverage": s.leverage, "isolated": s.isolated}
                         for symbol, s in account.settings.items()},
            "positions": [sheets.risk(floor, account, p) for p in account.held()],
        }  # fmt: skip

    def set_up(self, owner: Account, body: Mapping[str, Any]) -> None:
        """Wallet balances (``futures``) and switches of an account."""
        account = self._book.account(owner)
        wallet = {a: Decimal(str(v)) for a, v in body.get("futures", {}).items()}
        self._futures.fund(owner, wallet)
        for name, field in _SWITCHES.items():
            if name in body:
                setattr(account, field, bool(body[name]))

    def rules(self, body: Mapping[str, Any], now: int) -> Any:
        """Change a contract's status or some of its filters."""
        contracts, symbol = self._book.floor.contracts, self._symbol(body)
        changes: dict[str, Any] = {
            name: Decimal(str(body[name]))
            for name in ("tick", "step", "min_notional")
            if name in body
        }
        if "status" in body:
            changes["status"] = str(body["status"])
        contracts[symbol] = replace(contracts[symbol], **changes)
        if "status" in body:  # what the price has reached meanwhile trades now
            self._book.moved(symbol, self._book.floor.last(symbol), now, jump=True)
        return describe(contracts[symbol])

    def act(self, body: Mapping[str, Any], now: int) -> Any:
        """Carry out ``act`` now: liquidate, adl, settle, funding, fill, expire_key.

        ``liquidate`` and ``adl`` take ``key``, ``symbol``, ``positionSide`` and ``price`` (the
        mark price when absent), ``adl`` a ``quantity`` too; ``settle`` takes ``symbol`` and
        ``price`` and leaves the contract SETTLING; ``funding`` takes ``rate`` and ``symbol`` (all
        when absent), and with ``later`` only sets the rate; ``fill`` lets the
        live order ``orderId`` or ``clientOrderId`` of ``key`` trade ``quantity`` at ``price`` (all
        of it at its own when absent); ``expire_key`` lets the listen key of
        ``key`` die.
        """
        match body["act"]:
            case "liquidate":
                account, position, price = self._position(body)
                self._book.risk.liquidate(account, position, price, now)
            case "adl":
                account, position, price = self._position(body)
                quantity = Decimal(str(body["quantity"])) if "quantity" in body else None
                self._book.risk.close(
                    account, position, price, now, f"adl_autoclose{now}", quantity=quantity
                )
            case "settle":
                symbol = self._symbol(body)
                self._book.risk.settle(symbol, self._price(body, symbol), now)
                self.rules({"symbol": symbol, "status": "SETTLING"}, now)
            case "funding":
                self._fund(body, now)
            case "fill":
                self._fill(body, now)
            case "expire_key":
                self._futures.users.expire(str(body["key"]))
            case other:
                raise ValueError(f"act: {other}?")
        return self.state()["accounts"]

    def _fill(self, body: Mapping[str, Any], now: int) -> None:
        account, symbol = self._book.floor.accounts[str(body["key"])], self._symbol(body)
        order = self._book.floor.shelf.find(
            account, symbol, body.get("orderId"), body.get("clientOrderId")
        )
        if order is None or not order.status.live:
            raise ValueError("no such live order")
        quantity = Decimal(str(body.get("quantity", order.remaining)))
        price = Decimal(str(body.get("price", order.price)))
        self._book.fills.fill(order, price, now, maker=True, lots=[quantity])

    def _fund(self, body: Mapping[str, Any], now: int) -> None:
        symbols = [self._symbol(body)] if "symbol" in body else list(self._book.floor.contracts)
        for symbol in symbols:
            rate = Decimal(str(body["rate"])) if "rate" in body else self._book.rate(symbol)
            if body.get("later"):
                self._book.rates[symbol] = rate
            else:
                self._book.fund(symbol, rate, now)

    def _position(self, body: Mapping[str, Any]) -> tuple[FuturesAccount, Position, Decimal]:
        account, symbol = self._book.floor.accounts[str(body["key"])], self._symbol(body)
        side = body.get("positionSide")
        held = [p for p in account.held(symbol) if side in {None, p.side}]
        if not held:
            raise ValueError("no such position")
        return account, held[0], self._price(body, symbol)

    def _price(self, body: Mapping[str, Any], symbol: str) -> Decimal:
        given = body.get("price")
        return self._book.floor.mark(symbol) if given is None else Decimal(str(given))

    def _symbol(self, body: Mapping[str, Any]) -> str:
        symbol = str(body["symbol"])
        if symbol not in self._book.floor.contracts:
            raise ValueError(f"symbol: {symbol} has no perpetual")
        return symbol
