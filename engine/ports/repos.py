"""Repositories of trading: what may be read and written in a unit (see ``ports.storage``)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.core.bot import Bot
from engine.core.bot_config import BotConfig, Environment
from engine.core.bot_state import BotState
from engine.core.checks import DayCount, Refused
from engine.core.events import Alert, OutboxRow
from engine.core.market import Side
from engine.core.order import Fill, Leg, Order
from engine.core.position import Position
from engine.core.signal import Signal
from engine.core.trade import Funding, Trade


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A stored BUY or SELL and what became of it (``outcome``: entry, exit, refused, none)."""

    id: int
    bot_id: int
    signal: Signal
    outcome: str
    refused: Refused | None = None


class Bots(Protocol):
    """Trading bots. ``save`` compares revisions: raises ``Stale`` when the row moved on."""

    async def add(self, config: BotConfig, at: int) -> Bot:
        """Create a stopped bot of the unit's owner; raises ``Conflict`` (name taken)."""
        ...

    async def get(self, bot_id: int) -> Bot: ...
    async def by_public_id(self, public_id: str) -> Bot: ...
    async def all(self) -> list[Bot]: ...
    async def by_state(self, states: Sequence[BotState]) -> list[Bot]: ...
    async def many(self, bot_ids: Collection[int]) -> list[Bot]:
        """Those of the bots that exist."""
        ...

    async def save(self, bot: Bot) -> Bot:
        """Write every changeable field; returns it with the next revision."""
        ...

    async def save_all(self, bots: Sequence[Bot]) -> list[Bot]:
        """Save many bots at once; raises as ``save`` does.

        The unit must not be committed after that.
        """
        ...

    async def delete(self, bot_id: int) -> None:
        """Hide it for ever; its orders and trades stay in the books."""
        ...


class Streams(Protocol):
    """How far each candle stream has been judged."""

    async def judged_until(self, environment: Environment, stream: str) -> int | None:
        """Open time of the last judged candle of ``market:symbol:timeframe``."""
        ...

    async def set_judged(self, until: Mapping[tuple[Environment, str], int]) -> None:
        """Remember open times by environment and stream."""
        ...


class Signals(Protocol):
    """BUY and SELL signals, unique per (bot, candle)."""

    async def add(self, bot_id: int, signal: Signal, outcome: str, refused: Refused | None) -> int:
        """Id of the new row; raises ``Conflict`` when this candle was judged for this bot."""
        ...

    async def add_all(self, rows: Sequence[SignalRow]) -> list[int]:
        """Ids of many new rows, in the order given; raises as ``add`` does.

        The unit must not be committed after that.
        """
        ...

    async def last(self, bot_id: int) -> SignalRow | None: ...


class Orders(Protocol):
    """Orders of ours. The database guards: one entry under way per bot, client ids unique."""

    async def add(self, orders: Sequence[Order]) -> list[Order]:
        """Insert orders with ids; raises ``Conflict`` when a guard forbids it.

        After a conflict among many the unit must not be committed. Raises ``LeaseLost`` when
        another process started since this one took its lease.
        """
        ...

    async def save(self, order: Order, *, was: Order) -> None:
        """Update where state and quantities are still those of ``was``; else raises ``Stale``.

        A save that must precede a request to the exchange raises ``LeaseLost`` as ``add`` does.
        """
        ...

    async def save_all(self, pairs: Sequence[tuple[Order, Order]]) -> None:
        """Save many orders at once, given as (now, before); raises as ``save`` does.

        The unit must not be committed after that.
        """
        ...

    async def by_client_id(self, client_id: str) -> Order | None: ...
    async def of_exchange_id(self, account: str, symbol: str, exchange_id: str) -> Order | None:
        """The order that the exchange knows by this id."""
        ...

    async def of_list(self, list_id: str) -> list[Order]: ...
    async def of_decision(self, bot_id: int, decision: int) -> list[Order]:
        """All orders whose client id names this bot and decision, oldest first."""
        ...

    async def unfinished(self, account: str | None = None) -> list[Order]:
        """Orders in no final state, and final ones whose fills are not all booked."""
        ...

    async def unfinished_of(self, bot_ids: Collection[int]) -> list[Order]:
        """The same for some bots."""
        ...

    async def not_placed_since(self, at: int) -> list[Order]:
        """The watch list: orders proven absent, sent after ``at``."""
        ...

    async def recent(self, *, limit: int, bot_id: int | None = None) -> list[Order]: ...


class Fills(Protocol):
    """Executions, unique per order and trade id."""

    async def add_new(self, order: Order, fills: Sequence[Fill]) -> list[Fill]:
        """Insert those not yet known; returns them."""
        ...

    async def of_position(self, position_id: int) -> list[tuple[Leg, Fill]]:
        """All fills of a position's orders with the leg they belong to, oldest first."""
        ...

    async def all(self) -> list[Fill]: ...
    async def of_account(self, account: str) -> list[tuple[Side, Fill]]:
        """All fills of an account with the side of their order, oldest first."""
        ...

    async def known_trade_ids(self, account: str, symbol: str, since: int) -> set[str]:
        """Trade ids that are booked, of executions at ``since`` (ms) or later."""
        ...

    async def claim_entry(self, order_id: int, position_id: int) -> None:
        """Bind an entry order, and so its fills, to the position that they opened."""
        ...


class Positions(Protocol):
    """Positions; the database allows one that is not closed per bot."""

    async def add(self, position: Position) -> Position: ...
    async def save(self, position: Position) -> Position:
        """Write it; raises ``Stale`` when the revision moved on; returns the next revision."""
        ...

    async def get(self, position_id: int) -> Position: ...
    async def open_of(self, bot_id: int) -> Position | None: ...
    async def open_of_many(self, bot_ids: Collection[int]) -> list[Position]:
        """The open positions of some bots."""
        ...

    async def unfunded(self, account: str) -> list[Position]:
        """Closed futures positions of an account that were not asked about since, oldest first."""
        ...

    async def open_of_account(self, account: str) -> list[Position]:
        """The open positions of an account, oldest first."""
        ...

    async def on_symbol(self, account: str, symbol: str) -> list[Position]:
        """The open positions of an account on a symbol, oldest first."""
        ...

    async def latest_on(self, account: str, symbol: str) -> Position | None:
        """The last one closed on a symbol."""
        ...

    async def of_decision(self, bot_id: int, decision: int) -> Position | None: ...
    async def opened_since(self, bot_id: int, at: int) -> int:
        """How many positions of a bot were opened at ``at`` (ms) or later."""
        ...

    async def unfinished(self) -> list[Position]:
        """Those not closed, and closed ones with an order that may still be live."""
        ...

    async def recent(self, *, limit: int) -> list[Position]: ...


class Trades(Protocol):
    """Closed trades."""

    async def add(self, trade: Trade) -> Trade: ...
    async def replace(self, trade: Trade) -> None:
        """Write a trade's figures anew, by its position; raises ``NotFound``."""
        ...

    async def recent(
        self, *, limit: int, bot_id: int | None = None, before_id: int | None = None
    ) -> list[Trade]: ...
    async def since(self, at: int, bot_id: int | None = None) -> list[Trade]: ...
    async def of_position(self, position_id: int) -> Trade | None: ...
    async def last_losses(self, bot_ids: Collection[int], since: int) -> dict[int, int]:
        """When each bot closed its last losing trade, from ``since`` (ms) on, by bot."""
        ...


class Fundings(Protocol):
    """Funding payments, unique per account and payment id."""

    async def add_new(self, position: Position, payments: Sequence[Funding]) -> list[Funding]:
        """Enter those not yet known under the position that they belong to; returns them."""
        ...

    async def of_position(self, position_id: int) -> list[Funding]:
        """A position's payments, oldest first."""
        ...


class Counters(Protocol):
    """Per bot and limit day, moved in the commit of the fill or trade that they count."""

    async def get(self, bot_id: int, day: str) -> DayCount: ...
    async def of_day(self, day: str, bot_ids: Collection[int]) -> dict[int, DayCount]:
        """The day's figures of some bots, by bot; those without any are left out."""
        ...

    async def add(self, bot_id: int, count: DayCount) -> None:
        """Add the figures of ``count`` to the row of its day."""
        ...

    async def put(self, bot_id: int, count: DayCount) -> None:
        """Write the figures of a day anew."""
        ...


class Outbox(Protocol):
    """Alerts on their way to the chat."""

    async def add(self, alert: Alert, at: int) -> bool:
        """Insert it; False when its ``dedup`` is known already."""
        ...

    async def claim(self, *, limit: int, at: int) -> list[OutboxRow]:
        """Due rows, oldest first, now claimed and counted."""
        ...

    async def release_claimed(self) -> int:
        """At start: rows claimed by a process that died are due again."""
        ...

    async def mark_sent(self, row_id: int, message_id: int | None) -> None: ...
    async def retry(self, row_id: int, not_before: int) -> None: ...
    async def give_up(self, row_id: int, why: str) -> None: ...
    async def thread_head(self, trade_ref: int) -> int | None:
        """Message id of the first alert of a trade, to reply to."""
        ...

    async def depth(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Boot:
    """One start: ``install`` is the id part of its client order ids, ``lease`` its number."""

    install: str
    lease: int


class Installs(Protocol):
    """Identity of this installation."""

    async def boot(self, at: int) -> Boot:
        """Count this start; whoever started before has lost its lease."""
        ...
