"""Closed trades in the books of a bot, as many hours ago as a test says."""

from decimal import Decimal

from engine.core.position import ExitReason, PositionState
from engine.core.trade import close_books
from tests.unit.services.market import position_of

HOUR = 3_600_000
COST = Decimal("59.5")


async def traded(office, bot, net, hours_ago=1, *, reason=ExitReason.SIGNAL, **changes):
    """A trade of half an hour, closed ``hours_ago``; fees of the quote asset come off ``net``."""
    at = office.clock.now_ms() - int(hours_ago * HOUR)
    async with office.storage.system() as unit:
        fields = {
            "decision": len(await unit.positions.recent(limit=10_000)) + 1,
            "state": PositionState.CLOSED,
            "exit_qty": Decimal("0.001"),
            "exit_quote": COST + Decimal(net),
            "closed_at": at,
        }
        position = position_of(bot, at - HOUR // 2, **fields | changes)
        position = await unit.positions.add(position)
        trade = await unit.trades.add(close_books(position, reason, at))
        await unit.commit()
    return trade
