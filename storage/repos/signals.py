"""Signals and how far the streams behind them were judged."""

from sqlalchemy import insert, select, update

from engine.core.bot_config import Environment
from engine.core.checks import Refused
from engine.core.errors import Conflict
from engine.core.signal import Signal
from engine.ports.repos import SignalRow
from storage.database import Taken
from storage.models.trading import bots, signals, streams
from storage.repos.base import Repo, columns_of, values_of

_COLUMNS = columns_of(Signal, signals)
_INSERT = insert(signals).returning(signals.c.id)


class SqlStreams(Repo):
    """Progress of candle streams, which belong to nobody."""

    async def judged_until(self, environment: Environment, stream: str) -> int | None:
        """Open time of the last judged candle of ``market:symbol:timeframe``."""
        query = select(streams.c.judged_until).where(
            streams.c.environment == environment, streams.c.stream == stream
        )
        row = await self._first(query)
        return None if row is None else row[0]

    async def set_judged(self, environment: Environment, stream: str, open_time: int) -> None:
        """Remember it."""
        self._require_system()
        where = (streams.c.environment == environment) & (streams.c.stream == stream)
        if await self._session.change(update(streams).where(where).values(judged_until=open_time)):
            return
        row = {"environment": environment, "stream": stream, "judged_until": open_time}
        try:
            await self._session.attempt(
                insert(streams).values(**row).returning(streams.c.judged_until)
            )
        except Taken:
            await self.set_judged(environment, stream, open_time)


class SqlSignals(Repo):
    """BUY and SELL signals, unique per (bot, candle)."""

    async def add(self, bot_id: int, signal: Signal, outcome: str, refused: Refused | None) -> int:
        """Id of the new row; raises ``Conflict`` when this candle was judged for this bot."""
        await self._require_bot(bot_id)
        row = values_of(signal) | {"bot_id": bot_id, "outcome": outcome, "refused": refused}
        try:
            made = await self._session.attempt(_INSERT, row)
        except Taken:
            raise Conflict("conflict.signal_judged", bot_id=bot_id) from None
        return int(made[0][0])

    async def last(self, bot_id: int) -> SignalRow | None:
        """The newest signal of a bot."""
        query = (
            select(signals.c.id, signals.c.outcome, signals.c.refused, *_COLUMNS)
            .join(bots, bots.c.id == signals.c.bot_id)
            .where(signals.c.bot_id == bot_id)
            .order_by(signals.c.candle_open.desc())
            .limit(1)
        )
        row = await self._first(self._mine(query, bots.c.owner_id))
        if row is None:
            return None
        return SignalRow(row[0], bot_id, Signal(*row[3:]), outcome=row[1], refused=row[2])
