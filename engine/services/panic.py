"""Panic: bots stopped in one commit per user, and on request every position asked to close.

Nothing here waits for the strategies or talks to the exchange: the cycles that guard positions
carry out what stands in the rows. Entries that were not sent yet are withdrawn by the sender,
since their bots no longer run; what one that is on its way still brings is closed as it comes.
A stopped bot runs again only when its owner starts it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.bot_state import FLATTEN, BotEvent, BotState
from engine.core.errors import Stale
from engine.core.events import Alert, AlertKind
from engine.core.order import Leg, Order, OrderState
from engine.core.position import ExitReason, Position, PositionState, ask_close
from engine.core.trade import Trade
from engine.ports.insight import NotOurs
from engine.ports.storage import Unit
from engine.services.bots import find, move_bot
from engine.services.cards import Holding, hold
from engine.services.office import Office
from engine.services.rights import entry, require_admin, require_trader

_RETRIES = 4
_SINCE = "at"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose bots: one (``ref``, its public id), all of one's own, or ``everyone``'s (admins)."""

    ref: str = ""
    everyone: bool = False


MINE = Scope()


@dataclass(frozen=True, slots=True)
class PanicLine:
    """How far a bot is from being stopped and flat.

    ``entering``: an order that may still open a position is under way. ``refused`` is what the
    exchange said to the last close, "" while it has refused none. ``trade`` is what it closed
    since the panic, ``not_ours`` what lies beside it and is left alone. ``verified``: its account
    was read since. ``owner`` is the name of whose bot it is, "" for one's own.
    """

    bot: Bot
    holding: Holding | None = None
    entering: bool = False
    refused: str = ""
    trade: Trade | None = None
    not_ours: NotOurs | None = None
    verified: bool = True
    owner: str = ""

    @property
    def closing(self) -> bool:
        """Whether its position is on its way out."""
        return self.holding is not None and self.holding.position.state is PositionState.CLOSING

    @property
    def flat(self) -> bool:
        """Whether, by our books, it is stopped, holds nothing and awaits nothing."""
        stopped = self.bot.state is BotState.STOPPED
        return stopped and self.holding is None and not self.entering

    @property
    def done(self) -> bool:
        """Whether it is flat, and the exchange was read since."""
        return self.flat and self.verified

    @property
    def moving(self) -> bool:
        """Whether something will still change by itself."""
        return self.closing or self.entering or (self.flat and not self.verified)


async def look(office: Office, account: Account, scope: Scope = MINE) -> list[PanicLine]:
    """Every bot of a scope, those that are not done first."""
    owner_id = _reader(account, scope)
    async with office.storage.reading(owner_id) as unit:
        bots = await _in_scope(unit, scope)
        ids = [bot.id for bot in bots]
        held = {p.bot_id: p for p in await unit.positions.open_of_many(ids)}
        orders = await unit.orders.unfinished_of(ids)
        entering = {order.bot_id for order in orders if order.leg is Leg.ENTRY}
        refused = {bot_id: await _refusal(unit, position) for bot_id, position in held.items()}
        trades = {bot.id: await _closed(unit, bot) for bot in bots}
        people = {a.id: a.name for a in await unit.accounts.all()} if scope.everyone else {}
    lines = [
        PanicLine(
            bot,
            hold(office, bot, held.get(bot.id)),
            bot.id in entering,
            refused.get(bot.id, ""),
            trades[bot.id],
            office.insight.not_ours(bot.id),
            _verified(office, bot),
            people.get(bot.owner_id, ""),
        )
        for bot in bots
    ]
    return sorted(lines, key=lambda line: line.done)


async def panic(office: Office, account: Account, scope: Scope = MINE, *, close: bool) -> None:
    """Stop every bot; with ``close`` also ask every open position to close at market.

    Whoever else's bots are stopped is told. Raises ``Stale`` when the rows move on faster than
    they can be written, ``Forbidden`` for everyone's bots unless asked by an admin.
    """
    require_trader(account)
    async with office.storage.reading(_reader(account, scope)) as unit:
        owners = {bot.owner_id for bot in await _in_scope(unit, scope)} | {account.id}
    for owner_id in sorted(owners):
        for bot in await _written(office, account, scope, owner_id, close=close):
            office.wake.bot(bot.id)
            if close:
                office.wake.position(bot.id)
                office.wake.verify(bot.account)
    office.wake.outbox()


def _reader(account: Account, scope: Scope) -> int | None:
    """Whose rows are read: one's own, or all."""
    if not scope.everyone:
        return account.id
    require_admin(account)
    return None


async def _in_scope(unit: Unit, scope: Scope) -> list[Bot]:
    return [await find(unit, scope.ref)] if scope.ref else await unit.bots.all()


async def _written(
    office: Office, account: Account, scope: Scope, owner_id: int, *, close: bool
) -> list[Bot]:
    """The stopped bots; what the cycles changed meanwhile is read again."""
    for _ in range(_RETRIES):
        with suppress(Stale):
            return await _stop_all(office, account, scope, owner_id, close=close)
    return await _stop_all(office, account, scope, owner_id, close=close)


async def _stop_all(
    office: Office, account: Account, scope: Scope, owner_id: int, *, close: bool
) -> list[Bot]:
    now = office.clock.now_ms()
    async with office.storage.of(owner_id) as unit:
        bots = await _in_scope(unit, scope)
        for bot in bots:
            if bot.state is not BotState.STOPPED or close:
                stopped = await move_bot(unit, bot, BotEvent.STOP)
                if close:
                    since = {_SINCE: str(now)}
                    await unit.bots.save(replace(stopped, why=FLATTEN, why_params=since))
        closing = await _ask_to_close(unit, bots) if close else "0"
        done = f"bots {len(bots)}, closing {closing}"
        act = "bot.panic" if scope.ref else "account.panic"
        noted = entry(account, act, scope.ref or str(owner_id), now, after=done)
        await unit.audit.add(replace(noted, owner_id=owner_id))
        if owner_id != account.id and bots:
            await unit.outbox.add(_told(owner_id, now, close=close), now)
        await unit.commit()
    return bots


async def _ask_to_close(unit: Unit, bots: Iterable[Bot]) -> str:
    held = await unit.positions.open_of_many([bot.id for bot in bots])
    asked = [position for position in held if position.state is PositionState.OPEN]
    for position in asked:
        await unit.positions.save(ask_close(position, ExitReason.PANIC))
    return f"{len(asked)} of {len(held)}"


def _told(owner_id: int, now: int, *, close: bool) -> Alert:
    """The operator stopped somebody's bots."""
    key = "panic.told_closed" if close else "panic.told_stopped"
    dedup = f"panic:{owner_id}:{now}"
    return Alert(owner_id, AlertKind.NOTICE, dedup, params={"text_key": key})


async def _refusal(unit: Unit, position: Position) -> str:
    """What the exchange said to the newest close, unless another one is on its way."""
    orders = await unit.orders.of_decision(position.bot_id, position.decision)
    closes: list[Order] = [order for order in orders if order.leg is Leg.CLOSE]
    refused = bool(closes) and closes[-1].state is OrderState.REJECTED
    return closes[-1].note if refused else ""


def _since(bot: Bot) -> int | None:
    """When a panic asked to close it, None when none did or it was started again."""
    at = bot.why_params.get(_SINCE, "") if bot.why == FLATTEN else ""
    return int(at) if at.isdigit() else None


async def _closed(unit: Unit, bot: Bot) -> Trade | None:
    """The last trade that it closed since the panic."""
    since = _since(bot)
    trades = await unit.trades.since(since, bot.id) if since is not None else []
    return trades[-1] if trades else None


def _verified(office: Office, bot: Bot) -> bool:
    """Whether the exchange was read after it had nothing left; paper has none."""
    since = _since(bot)
    if since is None or not bot.config.mode.keyed:
        return True
    verified = office.insight.verified_at(bot.id)
    return verified is not None and verified >= since
