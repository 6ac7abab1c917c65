"""Repositories: what may be read and written inside a unit of work (see ``ports.storage``)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.core.account import Account, AuditEntry, Draft, Key, KeyState, Role
from engine.core.bot import Bot
from engine.core.bot_config import BotConfig, Environment
from engine.core.bot_state import BotState
from engine.core.checks import DayCount, Refused
from engine.core.events import Alert, OutboxRow
from engine.core.market import Side
from engine.core.order import Fill, Leg, Order
from engine.core.position import Position
from engine.core.signal import Signal
from engine.core.trade import Trade


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A stored BUY or SELL and what became of it (``outcome``: entry, exit, refused, none)."""

    id: int
    bot_id: int
    signal: Signal
    outcome: str
    refused: Refused | None = None


class Accounts(Protocol):
    """People."""

    async def add(self, telegram_id: int, name: str, role: Role, at: int) -> Account:
        """Create the account of a Telegram user; raises ``Conflict`` when it exists."""
        ...

    async def by_telegram(self, telegram_id: int) -> Account | None: ...
    async def get(self, account_id: int) -> Account: ...
    async def all(self) -> list[Account]: ...
    async def set_reachable(self, account_id: int, *, reachable: bool) -> None: ...
    async def set_active(self, account_id: int, *, active: bool) -> None: ...
    async def set_role(self, account_id: int, role: Role) -> None: ...

    async def add_invite(self, code_hash: str, role: Role, by: int | None, expires: int) -> None:
        """Store an invite by the hash of its code."""
        ...

    async def use_invite(self, code_hash: str, telegram_id: int, at: int) -> Role | None:
        """Role of a valid, unused invite, which is then used up; None otherwise."""
        ...


class Keys(Protocol):
    """Exchange keys; the sealed secret never leaves but by ``sealed``."""

    async def add(
        self,
        label: str,
        environment: Environment,
        fingerprint: str,
        sealed: bytes,
        at: int,
        *,
        ip_restricted: bool,
    ) -> Key:
        """Store a key of the unit's owner; raises ``Conflict`` (label or fingerprint taken)."""
        ...

    async def get(self, key_id: int) -> Key: ...
    async def by_public_id(self, public_id: str) -> Key: ...
    async def all(self) -> list[Key]: ...
    async def sealed(self, key_id: int) -> tuple[int, bytes]:
        """Owner's id and ciphertext; raises ``NotFound`` for a removed key."""
        ...

    async def set_state(self, key_id: int, state: KeyState, problem: str, at: int) -> None:
        """Mark it; REMOVED also deletes the ciphertext."""
        ...


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

    async def delete(self, bot_id: int) -> None:
        """Hide it for ever; its orders and trades stay in the books."""
        ...


class Streams(Protocol):
    """How far each candle stream has been judged."""

    async def judged_until(self, environment: Environment, stream: str) -> int | None:
        """Open time of the last judged candle of ``market:symbol:timeframe``."""
        ...

    async def set_judged(self, environment: Environment, stream: str, open_time: int) -> None: ...


class Signals(Protocol):
    """BUY and SELL signals, unique per (bot, candle)."""

    async def add(self, bot_id: int, signal: Signal, outcome: str, refused: Refused | None) -> int:
        """Id of the new row; raises ``Conflict`` when this candle was judged for this bot."""
        ...

    async def last(self, bot_id: int) -> SignalRow | None: ...


class Orders(Protocol):
    """Orders of ours. The database guards: one entry under way per bot, client ids unique."""

    async def add(self, orders: Sequence[Order]) -> list[Order]:
        """Insert PLANNED orders with ids; raises ``Conflict`` when a guard forbids it."""
        ...

    async def save(self, order: Order, *, was: Order) -> None:
        """Update where state and quantities are still those of ``was``; else raises ``Stale``."""
        ...

    async def by_client_id(self, client_id: str) -> Order | None: ...
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

    async def open_of_account(self, account: str) -> list[Position]:
        """The open positions of an account, oldest first."""
        ...

    async def of_decision(self, bot_id: int, decision: int) -> Position | None: ...
    async def unfinished(self) -> list[Position]:
        """Those not closed, and closed ones with an order that may still be live."""
        ...

    async def recent(self, *, limit: int) -> list[Position]: ...


class Trades(Protocol):
    """Closed trades."""

    async def add(self, trade: Trade) -> Trade: ...
    async def recent(
        self, *, limit: int, bot_id: int | None = None, before_id: int | None = None
    ) -> list[Trade]: ...
    async def since(self, at: int, bot_id: int | None = None) -> list[Trade]: ...
    async def of_position(self, position_id: int) -> Trade | None: ...


class Counters(Protocol):
    """Per bot and UTC day, moved in the commit of the fill or trade that they count."""

    async def get(self, bot_id: int, day: str) -> DayCount: ...
    async def of_day(self, day: str, bot_ids: Collection[int]) -> dict[int, DayCount]:
        """The day's figures of some bots, by bot; those without any are left out."""
        ...

    async def add(self, bot_id: int, count: DayCount) -> None:
        """Add the figures of ``count`` to the row of its day."""
        ...


class Drafts(Protocol):
    """Conversations in progress, one per owner."""

    async def get(self) -> Draft | None: ...
    async def put(self, draft: Draft) -> None: ...
    async def delete(self) -> None: ...


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


class Audit(Protocol):
    """Append-only log of acts."""

    async def add(self, entry: AuditEntry) -> None: ...
    async def recent(self, *, limit: int) -> list[AuditEntry]: ...


class Installs(Protocol):
    """Identity of this installation."""

    async def boot(self, at: int) -> str:
        """Count this start and return the id part of client order ids: install and boot."""
        ...
