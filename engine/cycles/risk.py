"""Risk cycle: from a candle's verdicts to refusals, planned entries and asked closes.

All bots of a stream are decided in one pass over memory and written in one commit, together with
how far the stream is judged. When that commit fails for one of them, each is decided alone, so
that no bot's trouble is another's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from engine.core.bot import Bot
from engine.core.bot_config import Environment
from engine.core.checks import Refused
from engine.core.decide import (
    Approved,
    EntryPlan,
    approve_entry,
    plan_entry,
    wanted_side,
    wants_exit,
)
from engine.core.errors import DatabaseFailed, LeaseLost, SkipperError, Unavailable
from engine.core.order import Order, OrderState
from engine.core.position import ExitReason, Position, PositionSide, ask_close
from engine.core.signal import Action, Signal
from engine.cycles.account_guard import AccountGuard
from engine.cycles.departures import Departures
from engine.cycles.desk import Desk
from engine.cycles.execution import Sender
from engine.cycles.fleet import Fleet, Member
from engine.cycles.ledger import Ledger
from engine.cycles.parking import Parking
from engine.cycles.signal import SignalCycle, Verdict
from engine.cycles.taken import Taken
from engine.cycles.trailing import TrailingCycle
from engine.ports.clock import Clock
from engine.ports.repos import SignalRow
from engine.ports.storage import Unit

_log = structlog.get_logger("risk")
# A candle that closed longer ago than this (real ms) is not acted on: the price has moved.
_LATEST_MS = 60_000
Case = tuple[Member, Signal]


@dataclass(slots=True)
class RiskCycle:
    """Decides for every bot of a stream what follows from its signal."""

    fleet: Fleet
    ledger: Ledger
    signals: SignalCycle
    desk: Desk
    trailing: TrailingCycle
    clock: Clock
    install: str
    sender_of: Callable[[str], Sender | None]
    parking: Parking
    account_guard: AccountGuard
    judged: dict[tuple[Environment, str], int] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Decide verdicts in the order in which the candles closed, for ever."""
        while True:
            await self.next()

    async def next(self) -> None:
        """Wait for verdicts and decide all there are.

        Most candles concern nobody. They are marked as judged in one commit, after those that do:
        an order waits for no other stream's mark.
        """
        queue, quiet = self.signals.verdicts, []
        verdict = await queue.get()
        while True:
            if self._concerns_somebody(verdict):
                await self.decide(verdict)
            else:
                quiet.append(verdict)
            if queue.empty():
                break
            verdict = queue.get_nowait()
        await self._pass_over(quiet)

    async def catch_up(self) -> None:
        """The net behind the nudge: decide the one candle that was missed, if it is fresh.

        Only the candle that follows the last judged one counts: a stream that was not judged
        before has missed nothing, and its bots wait for the next close.
        """
        for verdict in self.signals.latest():
            if verdict.problems or await self._missed(verdict):
                await self.decide(verdict)
        for verdict in self.signals.unasked():
            if await self._missed(verdict) and self._fresh(verdict):
                self.signals.ask(verdict)

    async def decide(self, verdict: Verdict) -> None:
        """Act on a candle once; a candle judged before, or too old to act on, changes nothing."""
        async with self._one_at_a_time:
            if not verdict.part:
                await self.trailing.follow(verdict.stream)
            if verdict.problems:
                await self.parking.park(verdict)
            last = await self._judged_until(verdict)
            if (last is None or verdict.open_time > last) and self._fresh(verdict):
                await self._decide(verdict)

    def would_enter(self, member: Member, signal: Signal) -> bool:
        """Whether a bot would enter on a signal, by all its checks at this moment."""
        side = wanted_side(signal, member.bot.config)
        if side is None:
            return False
        return isinstance(self._verdict(member, signal, side, self.desk.taken()), Approved)

    def _concerns_somebody(self, verdict: Verdict) -> bool:
        trailing = not verdict.part and self.fleet.trailing_on(verdict.stream)
        return bool(verdict.problems or trailing or self._cases(verdict))

    async def _pass_over(self, verdicts: list[Verdict]) -> None:
        """Remember candles as judged that nobody acts on."""
        async with self._one_at_a_time:
            marks: dict[tuple[Environment, str], int] = {}
            for verdict in verdicts:
                last = await self._judged_until(verdict)
                if (last is None or verdict.open_time > last) and self._fresh(verdict):
                    line = verdict.stream[0], verdict.line
                    marks[line] = max(marks.get(line, 0), verdict.open_time)
            if not marks:
                return

            async def work(unit: Unit) -> tuple[set[int], bool]:
                await unit.streams.set_judged(marks)
                return set(), True

            await self.ledger.write(work)
            self.judged |= marks

    async def _missed(self, verdict: Verdict) -> bool:
        """Whether the candle follows the last one that was judged."""
        last = await self._judged_until(verdict)
        return last is not None and verdict.open_time == last + verdict.stream[1].timeframe.ms

    def _fresh(self, verdict: Verdict) -> bool:
        """Whether the candle closed so recently that its price still holds."""
        step = verdict.stream[1].timeframe.ms
        late = self.clock.now_ms() - verdict.open_time - step
        return late < min(step, _LATEST_MS * self.clock.rate)

    def _cases(self, verdict: Verdict) -> list[Case]:
        """Running bots whose judge said BUY or SELL."""
        said = {k: s for k, s in verdict.signals.items() if s.action is not Action.HOLD}
        if not said:
            return []
        members = self.fleet.on_stream(verdict.stream)
        return [(m, said[m.judge]) for m in members if m.judge is not None and m.judge in said]

    async def _decide(self, verdict: Verdict) -> None:
        cases = self._cases(verdict)
        try:
            await self._commit(verdict, cases, judged=True)
        except (LeaseLost, DatabaseFailed):
            raise
        except SkipperError as error:
            _log.warning("deciding one by one", stream=str(verdict.stream), error=str(error))
            for member, signal in cases:
                await self._alone(verdict, member, signal)
            await self._commit(verdict, [], judged=True)
        self.judged[verdict.stream[0], verdict.line] = verdict.open_time

    async def _alone(self, verdict: Verdict, member: Member, signal: Signal) -> None:
        fresh = await self.fleet.reload(member.bot.id)
        if fresh is None:
            return
        try:
            await self._commit(verdict, [(fresh, signal)], judged=False)
        except SkipperError as error:
            _log.error("bot not decided", bot=member.bot.id, error=str(error))

    async def _commit(self, verdict: Verdict, cases: list[Case], *, judged: bool) -> None:
        departures = Departures(self.sender_of)
        entered: list[Bot] = []
        orders: list[Order] = []

        async def work(unit: Unit) -> tuple[set[int], bool]:
            taken = self.desk.taken()
            bots = {member.bot.id for member, _ in cases}
            held = {p.bot_id: p for p in await unit.positions.open_of_many(bots)}
            rows = [await self._act(unit, case, held.get(case[0].bot.id), taken) for case in cases]
            ids = await unit.signals.add_all(rows)
            signal_ids = {row.bot_id: id_ for row, id_ in zip(rows, ids, strict=True)}
            decided = [replace(bot, decisions=bot.decisions + 1) for bot, _ in taken.entries]
            entered[:] = await unit.bots.save_all(decided)
            plans = [self._plan(*entry, signal_ids, departures) for entry in taken.entries]
            orders[:] = await unit.orders.add(plans)
            if judged:
                line = verdict.stream[0], verdict.line
                await unit.streams.set_judged({line: verdict.open_time})
            return bots, True

        try:
            bots, _ = await self.ledger.write(work)
            departures.send(orders)
        finally:
            departures.end()
        sent = {order.bot_id: order for order in orders if order.state is OrderState.SENT}
        self.fleet.enter((bot, sent[bot.id]) for bot in entered if bot.id in sent)
        if others := bots - sent.keys():
            await self.ledger.after_commit(others)

    async def _judged_until(self, verdict: Verdict) -> int | None:
        line = verdict.stream[0], verdict.line
        if line not in self.judged:
            async with self.ledger.storage.reading() as unit:
                stored = await unit.streams.judged_until(*line)
            if stored is None:
                return None
            self.judged[line] = stored
        return self.judged[line]

    async def _act(
        self, unit: Unit, case: Case, position: Position | None, taken: Taken
    ) -> SignalRow:
        """What becomes of a signal; its row and those of an entry are written by the caller."""
        member, signal = case
        outcome, refused = "none", None
        if position is not None and wants_exit(signal, position):
            outcome = "exit"
            asked = await unit.positions.save(ask_close(position, ExitReason.SIGNAL))
            await self.ledger.guard.look(unit, asked)
        elif position is None and (side := wanted_side(signal, member.bot.config)) is not None:
            refused = await self._enter(unit, member, signal, side, taken)
            outcome = "refused" if refused else "entry"
        return SignalRow(0, member.bot.id, signal, outcome, refused)

    async def _enter(
        self, unit: Unit, member: Member, signal: Signal, side: PositionSide, taken: Taken
    ) -> Refused | None:
        verdict = self._verdict(member, signal, side, taken)
        if isinstance(verdict, Refused):
            await self.parking.refused(unit, member.bot, verdict)
            return verdict
        taken.by(member.bot, verdict)
        return None

    def _plan(
        self, bot: Bot, approved: Approved, signal_ids: dict[int, int], departures: Departures
    ) -> Order:
        """The entry's order as it is to be written."""
        plan = EntryPlan(
            install=self.install,
            owner_id=bot.owner_id,
            bot_id=bot.id,
            account=bot.account,
            decision=bot.decisions + 1,
            signal_id=signal_ids[bot.id],
            at=self.clock.now_ms(),
        )
        return departures.announce(plan_entry(approved, plan), at=plan.at)

    def _verdict(
        self, member: Member, signal: Signal, side: PositionSide, taken: Taken
    ) -> Approved | Refused:
        try:
            facts = self.desk.facts(member, signal, side, taken)
        except Unavailable:
            return Refused("stream", "ok", "not ok")
        return approve_entry(facts, side)
