"""Panic: every bot of a user stopped in one commit, and every position asked to close.

Nothing here waits for the strategies or talks to the exchange: the cycles that guard positions
carry out what stands in the rows. Entries that were not sent yet are withdrawn by the sender,
since their bots no longer run; what one that is on its way still brings is closed as it comes.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.bot_state import FLATTEN, BotEvent, BotState
from engine.core.errors import Stale
from engine.core.order import Leg, Order, OrderState
from engine.core.position import ExitReason, Position, PositionState, ask_close
from engine.ports.storage import Unit
from engine.services.bots import move_bot
from engine.services.cards import Holding, hold
from engine.services.office import Office
from engine.services.rights import entry, require_trader

_RETRIES = 4


@dataclass(frozen=True, slots=True)
class PanicLine:
    """How far a bot is from being stopped and flat.

    ``entering``: an order that may still open a position is under way. ``refused`` is what the
    exchange said to the last close, "" while it has refused none.
    """

    bot: Bot
    holding: Holding | None = None
    entering: bool = False
    refused: str = ""

    @property
    def closing(self) -> bool:
        """Whether its position is on its way out."""
        return self.holding is not None and self.holding.position.state is PositionState.CLOSING

    @property
    def done(self) -> bool:
        """Whether it is stopped, holds nothing and awaits nothing."""
        stopped = self.bot.state is BotState.STOPPED
        return stopped and self.holding is None and not self.entering


async def look(office: Office, account: Account) -> list[PanicLine]:
    """Every bot of an account, those that are not done first."""
    async with office.storage.reading(account.id) as unit:
        bots = await unit.bots.all()
        ids = [bot.id for bot in bots]
        held = {p.bot_id: p for p in await unit.positions.open_of_many(ids)}
        orders = await unit.orders.unfinished_of(ids)
        entering = {order.bot_id for order in orders if order.leg is Leg.ENTRY}
        refused = {bot_id: await _refusal(unit, position) for bot_id, position in held.items()}
    lines = [
        PanicLine(
            bot,
            hold(office, bot, held.get(bot.id)),
            bot.id in entering,
            refused.get(bot.id, ""),
        )
        for bot in bots
    ]
    return sorted(lines, key=lambda line: line.done)


async def panic(office: Office, account: Account, *, close: bool) -> None:
    """Stop every bot; with ``close`` also ask every open position to close at market.

    Raises ``Stale`` when the rows move on faster than they can be written.
    """
    require_trader(account)
    for bot in await _written(office, account, close=close):
        office.wake.bot(bot.id)
        if close:
            office.wake.position(bot.id)


async def _written(office: Office, account: Account, *, close: bool) -> list[Bot]:
    """The stopped bots; what the cycles changed meanwhile is read again."""
    for _ in range(_RETRIES):
        with suppress(Stale):
            return await _stop_all(office, account, close=close)
    return await _stop_all(office, account, close=close)


async def _stop_all(office: Office, account: Account, *, close: bool) -> list[Bot]:
    async with office.storage.of(account.id) as unit:
        bots = await unit.bots.all()
        for bot in bots:
            if bot.state is not BotState.STOPPED or close:
                stopped = await move_bot(unit, bot, BotEvent.STOP)
                if close:
                    await unit.bots.save(replace(stopped, why=FLATTEN))
        held = await unit.positions.open_of_many([bot.id for bot in bots])
        asked = [position for position in held if close and position.state is PositionState.OPEN]
        for position in asked:
            await unit.positions.save(ask_close(position, ExitReason.PANIC))
        done = f"bots {len(bots)}, closing {len(asked)} of {len(held)}"
        now = office.clock.now_ms()
        await unit.audit.add(entry(account, "account.panic", str(account.id), now, after=done))
        await unit.commit()
    return bots


async def _refusal(unit: Unit, position: Position) -> str:
    """What the exchange said to the newest close, unless another one is on its way."""
    orders = await unit.orders.of_decision(position.bot_id, position.decision)
    closes: list[Order] = [order for order in orders if order.leg is Leg.CLOSE]
    refused = bool(closes) and closes[-1].state is OrderState.REJECTED
    return closes[-1].note if refused else ""
