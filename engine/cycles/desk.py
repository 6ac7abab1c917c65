"""Desk: the facts of an entry, gathered from memory alone, for whoever must judge one now.

The risk cycle judges signals with them, the sender what waited before it is sent, the chat shows
why a bot would not enter.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.bot import Bot
from engine.core.bot_config import Direction, Mode
from engine.core.checks import (
    UNKNOWN,
    Checked,
    EntryFacts,
    Refused,
    all_checks,
    first_refusal,
)
from engine.core.checks.money import unfit
from engine.core.errors import Unavailable
from engine.core.liquidity import LiquidityFloor
from engine.core.market import Side, StreamState
from engine.core.money import ZERO
from engine.core.order import Order
from engine.core.position import PositionSide
from engine.core.signal import Action, Advice, Signal
from engine.core.trade import result_at
from engine.cycles.fleet import Fleet, Member
from engine.cycles.readiness import Readiness
from engine.cycles.rulebook import Rulebook
from engine.cycles.taken import Taken
from engine.ports.clock import Clock

_HEARD = frozenset({StreamState.LIVE, StreamState.POLLING})


@dataclass(frozen=True, slots=True)
class Desk:
    """``floor`` is the installation's, ``modes`` are how it lets bots trade."""

    fleet: Fleet
    rulebook: Rulebook
    readiness: Readiness
    clock: Clock
    modes: frozenset[Mode]
    floor: LiquidityFloor

    def taken(self, but: int | None = None) -> Taken:
        """What entries have to share with at this moment."""
        return Taken(self.fleet, self.rulebook, but)

    def facts(
        self, member: Member, signal: Signal, side: PositionSide, taken: Taken
    ) -> EntryFacts:
        """Facts of an entry that a signal asks for; raises ``Unavailable`` (rules)."""
        price = self.rulebook.entry_price(member.bot, side) or Decimal(str(signal.close))
        return self._facts(member, price, taken, signal.confidence, signal.advice)

    def again(self, member: Member, order: Order) -> Refused | None:
        """Why an entry that was decided before must not be sent now; None when it may.

        All checks are made anew with what is known now, its own place in the limits apart; its
        quantity is held against the filters and the money of now. Raises ``Unavailable``.
        """
        side = PositionSide.LONG if order.side is Side.BUY else PositionSide.SHORT
        price = self.rulebook.entry_price(member.bot, side)
        if price is None:
            return Refused("stream", "ok", UNKNOWN)
        advice = Advice(order.stop_percent, order.target_percent)
        facts = self._facts(member, price, self.taken(order.bot_id), 100, advice, entry=order)
        return first_refusal(facts) or unfit(facts, order.quantity)

    def checks(self, member: Member, signal: Signal) -> tuple[Checked, ...] | None:
        """What each check would say of an entry now, after the last ``signal``.

        None while the symbol's rules are not known.
        """
        short = member.bot.config.direction is Direction.SHORT
        side = PositionSide.SHORT if short or signal.action is Action.SELL else PositionSide.LONG
        price = self.rulebook.entry_price(member.bot, side) or Decimal(str(signal.close))
        sure = 100 if signal.action is Action.HOLD else signal.confidence
        try:
            return all_checks(self._facts(member, price, self.taken(), sure, signal.advice))
        except Unavailable:
            return None

    def _facts(
        self,
        member: Member,
        price: Decimal,
        taken: Taken,
        confidence: int,
        advice: Advice | None,
        *,
        entry: Order | None = None,
    ) -> EntryFacts:
        bot, fleet, ready = member.bot, self.fleet, self.readiness
        rules = self.rulebook.of(bot, bot.config.symbol)
        free = fleet.free(bot.account, rules.quote).free - taken.spent(bot.account)
        facts = EntryFacts(
            config=bot.config,
            state=bot.state,
            rules=rules,
            price=price,
            free=free,
            capital=free,
            day=fleet.today(member),
            holding=fleet.holding(member) if entry is None else member.position is not None,
            mode_allowed=bot.config.mode in self.modes,
            stream_live=ready.stream(fleet.stream_of(bot)) in _HEARD,
            reconciled=ready.account(bot.account),
            clock_ok=ready.clock(bot),
            now=self.clock.now_ms(),
            confidence=confidence,
            advice=advice,
        )
        return self._limited(facts, member, taken)

    def _limited(self, facts: EntryFacts, member: Member, taken: Taken) -> EntryFacts:
        """The facts with everything that bounds them."""
        bot, fleet = member.bot, self.fleet
        here, limits = (bot.account, bot.config.symbol), fleet.limits_of(bot.owner_id)
        counted, valued = limits.max_open_positions is not None, limits.max_exposure is not None
        return replace(
            facts,
            symbol_held=fleet.symbol_held(member) or taken.symbol(*here),
            terms=fleet.terms.get(here),
            floor=self.floor,
            volume=self._volume(bot),
            last_loss_at=member.last_loss_at,
            open_result=self._open_result(member),
            limits=limits,
            open_positions=taken.positions(bot) if counted else 0,
            exposure=taken.exposure(bot, facts.rules.quote) if valued else None,
            drawdown_known=self._measurable(bot),
        )

    def _volume(self, bot: Bot) -> Decimal | None:
        """What was traded of its symbol within 24 hours, in quote asset."""
        if self.floor.min_volume <= ZERO:
            return None
        catalogue = self.rulebook.catalogues.get(self.rulebook.environment(bot))
        return catalogue.day_volume(bot.config.market, bot.config.symbol) if catalogue else None

    def _measurable(self, bot: Bot) -> bool:
        """Whether the prices are known that its user's drawdown is measured with."""
        if self.fleet.limits_of(bot.owner_id).max_drawdown is None:
            return True
        return all(
            member.position is None
            or member.bot.config.mode.keyed is not bot.config.mode.keyed
            or self.rulebook.exit_price(member.bot, member.position) is not None
            for member in self.fleet.of_owner(bot.owner_id)
        )

    def _open_result(self, member: Member) -> Decimal | None:
        if member.position is None:
            return ZERO
        price = self.rulebook.exit_price(member.bot, member.position)
        return None if price is None else result_at(member.position, price)
