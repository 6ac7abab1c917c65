"""Money between the spot and the futures wallet of a key (SAPI "User Universal Transfer")."""

from decimal import Decimal

from engine.core.money import ZERO, fixed
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.desk import Desk, Params
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import integer, items, number, text
from engine.ports.trader import Moved

_TO_FUTURES = "MAIN_UMFUTURE"
_PAGE = 100
_CONFIRMED, _FAILED = "CONFIRMED", "FAILED"
# Counted by account and not by address, so the exchange's own limit is what bounds it.
_WEIGHT = 1


class BinanceWallets:
    """Implements ``engine.ports.trader.Wallets`` for one key."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self._client = client
        self._spot = Desk(connection, client, Product.SPOT)
        self._sapi = Desk(connection, client, Product.SAPI)

    async def spot_free(self, asset: str) -> Decimal:
        """Free in the spot wallet; 0 when there is none of it."""
        params: Params = {"omitZeroBalances": "true"}
        ask = self._spot.ask(Priority.READ, weight=20)
        account = await self._spot.read(self._client.get_account, params, ask)
        with translated(sending=False):
            held = parse.balances(account).get(asset)
        return ZERO if held is None else held.free

    async def move_in(self, asset: str, amount: Decimal, signed_at: int) -> str:
        """Ask for it once; returns the exchange's number of the transfer."""
        params: Params = {"type": _TO_FUTURES, "asset": asset, "amount": fixed(amount)}
        answer = await self._sapi.send(
            self._client.make_universal_transfer,
            params,
            self._ask(Priority.ENTRY),
            signed_at=signed_at,
        )
        with translated(sending=True, product=Product.SAPI):
            return str(integer(answer, "tranId"))

    async def moved_in(self, asset: str, since: int) -> list[Moved]:
        """Transfers of the asset since ``since`` (ms of our clock) that did not fail."""
        begins = self._sapi.connection.clock_of(Product.SAPI).stamp(since)
        params: Params = {"type": _TO_FUTURES, "startTime": begins, "size": _PAGE}
        answer = await self._sapi.read(
            self._client.query_universal_transfer_history, params, self._ask(Priority.DOUBT)
        )
        with translated(sending=False, product=Product.SAPI):
            rows = items(answer.get("rows") or [], "transfers")
            return [
                Moved(
                    str(integer(raw, "tranId")),
                    number(raw, "amount"),
                    integer(raw, "timestamp"),
                    done=raw.get("status") == _CONFIRMED,
                )
                for raw in rows
                if text(raw, "asset") == asset and raw.get("status") != _FAILED
            ]

    def _ask(self, priority: Priority) -> Ask:
        return self._sapi.ask(priority, _WEIGHT)
