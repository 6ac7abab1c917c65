"""Recount: today's counters of a user's bots anew, once the engine knows of new days."""

from engine.cycles.days import rebuild_day
from engine.cycles.ledger import Ledger
from engine.ports.storage import Unit


async def recount(ledger: Ledger, owner_id: int) -> None:
    """Count the present day of all bots of a user anew, in one commit."""
    fleet, now = ledger.fleet, ledger.guard.clock.now_ms()
    bots = {member.bot.id for member in fleet.of_owner(owner_id)}

    async def work(unit: Unit) -> tuple[set[int], bool]:
        for bot_id in bots:
            await rebuild_day(unit, bot_id, fleet.zone_of(owner_id), now)
        return bots, bool(bots)

    await ledger.change(work)
