"""Positions: what their users do with them beside closing."""

from engine.core.account import Account
from engine.core.errors import Stale
from engine.core.position import Position
from engine.core.timeout import EXTENSION_MINUTES, expires, extended
from engine.services.office import Office
from engine.services.rights import entry, require_trader


async def extend(
    office: Office, account: Account, position_id: int, shown: int, *, once_more: bool
) -> Position:
    """Put off the end of a position by its bot's holding time once more, or by 15 minutes.

    ``shown`` is the end (market ms) that its user saw, in whole seconds. Raises ``Stale`` when it
    ends at another time by now, does not end by time, or is closed.
    """
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        position = await unit.positions.get(position_id)
        bot = await unit.bots.get(position.bot_id)
        if not expires(position):
            raise Stale(f"position {position_id} does not run out any more")
        if (position.expires_at or 0) // 1000 != shown:
            raise Stale(f"position {position_id} ends at {position.expires_at}")
        minutes = EXTENSION_MINUTES
        if once_more and bot.config.max_holding_minutes is not None:
            minutes = bot.config.max_holding_minutes
        longer = await unit.positions.save(extended(position, minutes, now))
        await unit.audit.add(
            entry(
                account,
                "position.extend",
                str(position.id),
                now,
                before=str(position.expires_at),
                after=str(longer.expires_at),
            )
        )
        await unit.commit()
    office.wake.bot(bot.id)
    return longer
