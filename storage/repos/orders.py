"""Orders."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, bindparam, insert, select, text, update

from engine.core.client_id import decode_client_id
from engine.core.errors import Conflict, Stale
from engine.core.order import Order, OrderState
from storage.database import Record, Taken
from storage.models.trading import NOT_PLACED, UNFINISHED, orders
from storage.prepared import Prepared
from storage.repos.base import columns_of, values_of
from storage.repos.lease import LeasedRepo

_COLUMNS = columns_of(Order, orders)
_SELECT = select(*_COLUMNS)
_INSERT = Prepared(insert(orders).returning(orders.c.client_id, orders.c.id))
_FIXED = (
    "id",
    "client_id",
    "owner_id",
    "bot_id",
    "account",
    "market",
    "symbol",
    "side",
    "leg",
    "created_at",
)
_COMPARED = ("state", "filled_qty", "filled_quote", "booked_qty")
_SAVE = Prepared(
    update(orders).where(
        orders.c.id == bindparam("order"),
        orders.c.owner_id == bindparam("owner"),
        *(orders.c[name] == bindparam(f"was_{name}") for name in _COMPARED),
    )
)
_SORTED = _SELECT.order_by(orders.c.id)
_BY_CLIENT_ID = _SORTED.where(orders.c.client_id == bindparam("wanted"))
_OF_DECISION = _SORTED.where(
    orders.c.bot_id == bindparam("bot"), orders.c.decision == bindparam("number")
)
# The index's own words, so that SQLite sees that it may be used.
_UNFINISHED = _SORTED.where(text(f"({UNFINISHED.text})"))
_OF_ACCOUNT = _UNFINISHED.where(orders.c.account == bindparam("of_account"))
_OF_BOTS = _UNFINISHED.where(orders.c.bot_id.in_(bindparam("of_bots", expanding=True)))
# What a save into these states announces to the exchange.
_REQUESTS = frozenset({OrderState.SENT, OrderState.CANCELLING})


class SqlOrders(LeasedRepo):
    """Orders of ours; intents are written under the lease, if the process holds one."""

    async def add(self, orders_: Sequence[Order]) -> list[Order]:
        """Insert orders with ids; raises ``Conflict`` when a guard forbids it.

        After a conflict among many the unit must not be committed. Raises ``LeaseLost``,
        ``NotFound`` for a bot of somebody else, ValueError for an id not of ours.
        """
        if not orders_:
            return []
        rows = [await self._new(order) for order in orders_]
        await self._require_lease()
        try:
            made = await self._session.attempt(_INSERT, rows)
        except Taken:
            raise await self._conflict(orders_) from None
        ids: dict[str, int] = {row[0]: row[1] for row in made}
        return [replace(order, id=ids[order.client_id]) for order in orders_]

    async def save(self, order: Order, *, was: Order) -> None:
        """Update where state and quantities are still those of ``was``; else raises ``Stale``.

        Raises ``Conflict`` when an entry thought absent shows up while another is under way, and
        ``LeaseLost`` before a request to the exchange.
        """
        await self.save_all([(order, was)])

    async def save_all(self, pairs: Sequence[tuple[Order, Order]]) -> None:
        """Save many orders, given as (now, before); raises as ``save`` does.

        The unit must not be committed after that.
        """
        if not pairs:
            return
        for order, _ in pairs:
            self._require_mine(order.owner_id)
        if any(now.state in _REQUESTS and now.state is not was.state for now, was in pairs):
            await self._require_lease()
        try:
            saved = await self._session.attempt_all(_SAVE, [_saved(*pair) for pair in pairs])
        except Taken:
            raise Conflict("conflict.entry_under_way") from None
        if saved != len(pairs):
            raise Stale(f"{len(pairs) - saved} of {len(pairs)} orders moved on")

    async def by_client_id(self, client_id: str) -> Order | None:
        """The order with this client id."""
        rows = await self._rows_of(_BY_CLIENT_ID, orders.c.owner_id, wanted=client_id)
        return Order(*rows[0]) if rows else None

    async def of_exchange_id(self, account: str, symbol: str, exchange_id: str) -> Order | None:
        """The order that the exchange knows by this id."""
        found = await self._many(
            orders.c.exchange_id == exchange_id,
            orders.c.account == account,
            orders.c.symbol == symbol,
        )
        return found[0] if found else None

    async def of_list(self, list_id: str) -> list[Order]:
        """Both legs of an OCO."""
        return await self._many(orders.c.list_id == list_id)

    async def of_decision(self, bot_id: int, decision: int) -> list[Order]:
        """All orders whose client id names this bot and decision, oldest first."""
        of = {"bot": bot_id, "number": decision}
        return [Order(*row) for row in await self._rows_of(_OF_DECISION, orders.c.owner_id, **of)]

    async def unfinished(self, account: str | None = None) -> list[Order]:
        """Orders in no final state, and final ones whose fills are not all booked."""
        if account is None:
            return _unsettled(await self._rows_of(_UNFINISHED, orders.c.owner_id))
        rows = await self._rows_of(_OF_ACCOUNT, orders.c.owner_id, of_account=account)
        return _unsettled(rows)

    async def unfinished_of(self, bot_ids: Collection[int]) -> list[Order]:
        """The same for some bots."""
        return _unsettled(await self._rows_of(_OF_BOTS, orders.c.owner_id, of_bots=bot_ids))

    async def not_placed_since(self, at: int) -> list[Order]:
        """The watch list: orders proven absent, sent after ``at``; in the order of sending."""
        query = _SELECT.where(NOT_PLACED, orders.c.signed_at > at)
        return await self._found(query.order_by(orders.c.signed_at))

    async def recent(self, *, limit: int, bot_id: int | None = None) -> list[Order]:
        """The newest orders, newest first."""
        query = _SELECT.order_by(orders.c.id.desc()).limit(limit)
        if bot_id is not None:
            query = query.where(orders.c.bot_id == bot_id)
        return await self._found(query)

    async def _new(self, order: Order) -> dict[str, Any]:
        """The row of a new order, which may be written."""
        decoded = decode_client_id(order.client_id)
        if decoded is None or decoded.bot_id != order.bot_id:
            raise ValueError(f"not an id of ours: {order.client_id}")
        self._require_mine(order.owner_id)
        await self._require_bot(order.bot_id)
        return values_of(order) | {"decision": decoded.decision}

    async def _conflict(self, orders_: Sequence[Order]) -> Conflict:
        """Which guard forbade new orders."""
        for order in orders_:
            if await self.by_client_id(order.client_id) is not None:
                return Conflict("conflict.order_known", client_id=order.client_id)
        return Conflict("conflict.entry_under_way", client_id=orders_[0].client_id)

    async def _many(self, *where: ColumnElement[Any] | TextClause) -> list[Order]:
        return await self._found(_SELECT.where(*where).order_by(orders.c.id))

    async def _found(self, query: Select[Any]) -> list[Order]:
        rows = await self._session.rows(self._mine(query, orders.c.owner_id))
        return [Order(*row) for row in rows]


def _saved(order: Order, was: Order) -> dict[str, Any]:
    before = {f"was_{name}": getattr(was, name) for name in _COMPARED}
    return values_of(order, without=_FIXED) | before | {"order": order.id, "owner": order.owner_id}


def _unsettled(rows: Sequence[Record]) -> list[Order]:
    found = [Order(*row) for row in rows]
    return [o for o in found if not o.state.final or o.booked_qty < o.filled_qty]
