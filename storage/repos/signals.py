"""Signals and how far the streams behind them were judged."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from engine.core.bot_config import Environment
from engine.core.checks import Refused
from engine.core.errors import Conflict
from engine.core.signal import Signal
from engine.ports.repos import SignalRow
from storage.database import Taken
from storage.models.trading import bots, signals, streams
from storage.prepared import Prepared
from storage.repos.base import Repo, values_of

# Advice goes with the order that follows it.
_FIELDS = tuple(name for name in Signal.__match_args__ if name != "advice")
_COLUMNS = [signals.c[name] for name in _FIELDS]
_JUDGED = Prepared(
    update(streams).where(
        streams.c.environment == bindparam("of"), streams.c.stream == bindparam("named")
    )
)
_NEW = Prepared(insert(streams).returning(streams.c.judged_until))
_INSERT = Prepared(
    insert(signals).returning(signals.c.bot_id, signals.c.candle_open, signals.c.id)
)
_LAST = (
    select(signals.c.id, signals.c.outcome, signals.c.refused, *_COLUMNS)
    .join(bots, bots.c.id == signals.c.bot_id)
    .where(signals.c.bot_id == bindparam("bot"))
    .order_by(signals.c.candle_open.desc())
    .limit(1)
)


class SqlStreams(Repo):
    """Progress of candle streams, which belong to nobody."""

    async def judged_until(self, environment: Environment, stream: str) -> int | None:
        """Open time of the last judged candle of ``market:symbol:timeframe``."""
        query = select(streams.c.judged_until).where(
            streams.c.environment == environment, streams.c.stream == stream
        )
        row = await self._first(query)
        return None if row is None else row[0]

    async def set_judged(self, until: Mapping[tuple[Environment, str], int]) -> None:
        """Remember open times by environment and stream."""
        self._require_system()
        rows = [
            {"of": environment, "named": stream, "judged_until": open_time}
            for (environment, stream), open_time in until.items()
        ]
        if rows and await self._session.attempt_all(_JUDGED, rows) != len(rows):
            for row in rows:
                await self._begin_judging(row)

    async def _begin_judging(self, row: dict[str, Any]) -> None:
        if await self._session.change(_JUDGED, row):
            return
        new = {"environment": row["of"], "stream": row["named"]}
        try:
            await self._session.attempt(_NEW, new | {"judged_until": row["judged_until"]})
        except Taken:
            await self._begin_judging(row)


class SqlSignals(Repo):
    """BUY and SELL signals, unique per (bot, candle)."""

    async def add(self, bot_id: int, signal: Signal, outcome: str, refused: Refused | None) -> int:
        """Id of the new row; raises ``Conflict`` when this candle was judged for this bot."""
        (made,) = await self.add_all([SignalRow(0, bot_id, signal, outcome, refused)])
        return made

    async def add_all(self, rows: Sequence[SignalRow]) -> list[int]:
        """Ids of many new rows, in the order given; raises ``Conflict`` as ``add`` does.

        The unit must not be committed after that.
        """
        if not rows:
            return []
        for row in rows:
            await self._require_bot(row.bot_id)
        try:
            made = await self._session.attempt(_INSERT, [_new(row) for row in rows])
        except Taken:
            raise Conflict("conflict.signal_judged", bot_id=rows[0].bot_id) from None
        ids = {(bot_id, candle_open): id_ for bot_id, candle_open, id_ in made}
        return [ids[row.bot_id, row.signal.candle_open] for row in rows]

    async def last(self, bot_id: int) -> SignalRow | None:
        """The newest signal of a bot."""
        rows = await self._rows_of(_LAST, bots.c.owner_id, bot=bot_id)
        if not rows:
            return None
        row = rows[0]
        return SignalRow(row[0], bot_id, Signal(*row[3:]), outcome=row[1], refused=row[2])


def _new(row: SignalRow) -> dict[str, Any]:
    given = {"bot_id": row.bot_id, "outcome": row.outcome, "refused": row.refused}
    return values_of(row.signal, without=("advice",)) | given
