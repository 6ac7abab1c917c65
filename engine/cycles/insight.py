"""Insight: what the running engine lets cards and health reports know."""

from dataclasses import dataclass

from engine.core.bot_config import Environment
from engine.core.checks import Checked
from engine.core.market import StreamState
from engine.core.money import ZERO
from engine.core.signal import Signal
from engine.cycles.desk import Desk
from engine.cycles.fleet import Fleet
from engine.cycles.readiness import Readiness
from engine.cycles.signal import SignalCycle
from engine.ports.clock import Clock
from engine.ports.insight import Health, NotOurs
from engine.runtime.nursery import Nursery


@dataclass(frozen=True, slots=True)
class LiveInsight:
    """Implements the Insight port over the engine's memory."""

    fleet: Fleet
    signals: SignalCycle
    readiness: Readiness
    desk: Desk
    nursery: Nursery
    clock: Clock

    def last_decision(self, bot_id: int) -> Signal | None:
        """What the bot's strategy said of the last closed candle, HOLD included."""
        member = self.fleet.members.get(bot_id)
        return self.signals.decision(member) if member else None

    def checks(self, bot_id: int) -> tuple[Checked, ...] | None:
        """What each check before an entry says now; None while too little is known to ask."""
        member = self.fleet.members.get(bot_id)
        last = self.signals.decision(member) if member else None
        return self.desk.checks(member, last) if member and last else None

    def stream_state(self, environment: Environment, bot_id: int) -> StreamState | None:
        """State of the bot's candle stream, None while it is not listening."""
        member = self.fleet.members.get(bot_id)
        return self.readiness.stream((environment, member.bot.config.stream)) if member else None

    def not_ours(self, bot_id: int) -> NotOurs:
        """Foreign orders and holdings beside the bot's own."""
        member = self.fleet.members.get(bot_id)
        if member is None:
            return NotOurs(0, ZERO)
        where = (member.bot.account, member.bot.config.symbol)
        orders = self.fleet.foreign_orders.get(where, 0)
        return NotOurs(orders, self.fleet.drifts.get(where, ZERO))

    def verified_at(self, bot_id: int) -> int | None:
        """When the bot's account was last read after a panic had emptied it."""
        member = self.fleet.members.get(bot_id)
        return self.readiness.verified.get(member.bot.account) if member else None

    def health(self) -> Health:
        """The engine as a whole: reconciled when every trading account is."""
        states = {
            f"{environment.value} {' '.join(key)}": state
            for environment, feed in self.readiness.feeds.items()
            for key, state in feed.states().items()
        }
        offsets = [abs(time.offset_ms) for time in self.readiness.times.values()]
        # Market ms, of which a fast demo counts many in one that people know.
        offset = max(offsets, default=0) / self.clock.rate
        return Health(
            reconciled=self.fleet.accounts() <= self.readiness.accounts,
            streams=states,
            clock_offset_ms=round(offset),
            tasks=tuple(self.nursery.names),
        )
