"""Twins: what AI bots would have done without their model, kept in memory and written seldom."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from engine.core.analysis import Twin
from engine.core.errors import SkipperError
from engine.core.market import Candle
from engine.core.signal import Action
from engine.cycles.fleet import Fleet, Member
from engine.exchange.paper_books import FEES
from engine.ports.storage import Storage
from engine.strategies.ai.twin import enter, follow, let_go

_log = structlog.get_logger("twins")
# A held position is written at least this often: a restart follows on from there.
_CANDLES_UNWRITTEN = 50


@dataclass(slots=True)
class Twins:
    """Follows the twins of bots candle by candle.

    A twin enters on candles that its bot is judged on; candles that were missed (a restart, a
    stop) only bring its exits. Where they cannot be had any more its position is let go.
    """

    fleet: Fleet
    storage: Storage
    _twins: dict[int, Twin] = field(default_factory=dict)
    _written: dict[int, Twin] = field(default_factory=dict)

    async def follow(
        self, members: Sequence[Member], candles: Sequence[Candle], setup: Action, now: int
    ) -> None:
        """Let the members' twins see ``candles`` (contiguous, newest last), then the setup.

        A twin that cannot be read or written now is no reason not to trade: it is logged.
        """
        try:
            await self._load([m.bot.id for m in members if m.bot.id not in self._twins])
            for member in members:
                self._follow(member, candles, setup, now)
            await self._write([member.bot.id for member in members])
        except SkipperError as error:
            _log.warning("twins could not be kept", error=str(error))

    def _follow(self, member: Member, candles: Sequence[Candle], setup: Action, now: int) -> None:
        config, newest = member.bot.config, candles[-1]
        twin = self._twins.get(member.bot.id)
        if twin is None:
            judged = newest.open_time - config.timeframe.ms
            twin = Twin(member.bot.id, member.bot.owner_id, since=now, judged_until=judged)
        if twin.judged_until >= newest.open_time:
            return
        if candles[0].open_time > twin.judged_until + config.timeframe.ms:
            twin = let_go(twin)
        for candle in candles:
            twin = follow(twin, config, candle, FEES[config.market])
        self._twins[member.bot.id] = enter(twin, config, newest, setup)

    async def _load(self, bot_ids: list[int]) -> None:
        if not bot_ids:
            return
        for gone in self._twins.keys() - self.fleet.members.keys():
            del self._twins[gone]
            self._written.pop(gone, None)
        async with self.storage.reading() as unit:
            found = await unit.twins.many(bot_ids)
        self._twins |= found
        self._written |= found

    async def _write(self, bot_ids: list[int]) -> None:
        due = [self._twins[bot_id] for bot_id in bot_ids if self._is_due(bot_id)]
        if not due:
            return
        async with self.storage.system() as unit:
            for twin in due:
                await unit.twins.put(twin)
            await unit.commit()
        self._written |= {twin.bot_id: twin for twin in due}

    def _is_due(self, bot_id: int) -> bool:
        twin, written = self._twins[bot_id], self._written.get(bot_id)
        if written is None or (twin.side, twin.trades) != (written.side, written.trades):
            return True
        member = self.fleet.members.get(bot_id)
        if twin.side is None or member is None:
            return False
        unwritten = twin.judged_until - written.judged_until
        return unwritten >= _CANDLES_UNWRITTEN * member.bot.config.timeframe.ms
