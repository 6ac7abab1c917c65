"""Time-out: positions held too long are closed at market, their users warned before.

It looks at memory alone; rows are read for the positions whose time has come. Bots that are
stopped or paused keep the time of what they hold. A position that its user keeps without orders
is left alone: whoever took it over decides when it ends.
"""

from dataclasses import dataclass, field

import structlog

from engine.core.errors import IllegalEvent, SkipperError, Unavailable
from engine.core.position import ExitReason, Position, ask_close
from engine.core.timeout import expired, must_warn
from engine.cycles import tell_timeout
from engine.cycles.ledger import Ledger
from engine.ports.clock import Clock
from engine.ports.storage import Unit

_log = structlog.get_logger("timeout")


@dataclass(slots=True)
class TimeoutCycle:
    """Closes what its time has run out for. ``_warned``: which end a position was warned of."""

    ledger: Ledger
    clock: Clock
    _warned: dict[int, int | None] = field(default_factory=dict)

    async def run(self) -> None:
        """Look at every position once; one that fails does not keep the others."""
        now = self.clock.now_ms()
        held = [m.position for m in self.ledger.fleet.members.values() if m.position is not None]
        for position in held:
            try:
                if expired(position, now):
                    await self._close(position.id)
                elif must_warn(position, now) and not self._told(position):
                    await self._warn(position.id)
            except SkipperError as error:
                _log.error("time-out not handled", position=position.id, error=str(error))
        ids = {position.id for position in held}
        self._warned = {id_: end for id_, end in self._warned.items() if id_ in ids}

    def _told(self, position: Position) -> bool:
        return self._warned.get(position.id, 0) == position.expires_at

    async def _close(self, position_id: int) -> None:
        """Ask for the close; the guard frees what its exits hold, and the books say what is left.

        An exit that fills meanwhile is what ends it then.
        """

        async def work(unit: Unit) -> tuple[set[int], bool]:
            position = await unit.positions.get(position_id)
            if not expired(position, self.clock.now_ms()):
                return {position.bot_id}, False
            asked = await unit.positions.save(ask_close(position, ExitReason.TIMEOUT))
            try:
                await self.ledger.guard.look(unit, asked)
            except (IllegalEvent, Unavailable) as error:
                # The wish stands in the row; whoever guards next carries it out.
                _log.error("not guarded", position=position_id, error=str(error))
            return {position.bot_id}, True

        await self.ledger.change(work)

    async def _warn(self, position_id: int) -> None:
        async def work(unit: Unit) -> tuple[set[int], bool]:
            position = await unit.positions.get(position_id)
            now = self.clock.now_ms()
            if not must_warn(position, now):
                return {position.bot_id}, False
            bot = await unit.bots.get(position.bot_id)
            new = await unit.outbox.add(tell_timeout.expiring(position, bot, now), now)
            ends.append(position.expires_at)
            return {position.bot_id}, new

        ends: list[int | None] = []
        await self.ledger.change(work)
        if ends:
            self._warned[position_id] = ends[-1]
