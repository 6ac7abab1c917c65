"""Decide: one signal, one bot: what follows from it. Pure; the cycles carry it out."""

from dataclasses import dataclass, replace

from engine.core.bot_config import BotConfig, Direction
from engine.core.checks import EntryFacts, Refused, first_refusal
from engine.core.checks.money import too_small
from engine.core.client_id import client_order_id, decode_client_id
from engine.core.order import Leg, Order, OrderKind, OrderState
from engine.core.position import Position, PositionSide, PositionState
from engine.core.signal import Action, Advice, Signal
from engine.core.sizing import Size, TooSmall, size_entry

# An entry decided longer ago than this (real ms) is not sent any more: the price has moved.
ENTRY_EXPIRES_MS = 30_000
MAX_ENTRY_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Approved:
    """Leave to enter. Only ``approve_entry`` makes it; planning an entry accepts nothing else."""

    facts: EntryFacts
    side: PositionSide
    size: Size


def approve_entry(facts: EntryFacts, side: PositionSide = PositionSide.LONG) -> Approved | Refused:
    """All checks, then the size, for an entry in the direction of ``side``."""
    refused = first_refusal(facts)
    if refused is not None:
        return refused
    size = size_entry(facts.config, facts.rules, facts.price, facts.capital, facts.advice)
    if isinstance(size, TooSmall):
        return too_small(size)
    return Approved(facts, side, size)


def wanted_side(signal: Signal, config: BotConfig) -> PositionSide | None:
    """Direction that a signal asks to enter in, None when the bot does not go that way."""
    if signal.action is Action.BUY and config.direction is not Direction.SHORT:
        return PositionSide.LONG
    if signal.action is Action.SELL and config.direction is not Direction.LONG:
        return PositionSide.SHORT
    return None


def wants_exit(signal: Signal, position: Position | None) -> bool:
    """Whether a signal asks to close what is held: the opposite of its direction."""
    if position is None or position.state is not PositionState.OPEN or not position.guarded:
        return False
    closing = Action.SELL if position.side is PositionSide.LONG else Action.BUY
    return signal.action is closing


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What is needed beside the approval to write the order down."""

    install: str
    owner_id: int
    bot_id: int
    account: str
    decision: int
    signal_id: int
    at: int
    attempt: int = 1


def plan_entry(approved: Approved, plan: EntryPlan) -> Order:
    """The PLANNED market order of an approved entry."""
    config = approved.facts.config
    advice = approved.facts.advice or Advice()
    return Order(
        id=0,
        client_id=client_order_id(
            plan.install, plan.bot_id, plan.decision, Leg.ENTRY, plan.attempt
        ),
        owner_id=plan.owner_id,
        bot_id=plan.bot_id,
        account=plan.account,
        market=config.market,
        symbol=config.symbol,
        side=approved.side.entry,
        kind=OrderKind.MARKET,
        leg=Leg.ENTRY,
        quantity=approved.size.quantity,
        created_at=plan.at,
        signal_id=plan.signal_id,
        stop_percent=advice.stop_loss,
        target_percent=advice.take_profit,
    )


def entry_expired(order: Order, now: int, rate: float) -> bool:
    """Whether an entry waited too long to be sent; exits never expire.

    ``now`` in market ms, of which ``rate`` pass in a real one.
    """
    return not order.leg.exit and (now - order.created_at) / rate > ENTRY_EXPIRES_MS


def another_attempt(order: Order, now: int, rate: float) -> Order | None:
    """The next attempt of an entry that provably was not executed, None when it is too late."""
    decoded = decode_client_id(order.client_id)
    expired = entry_expired(order, now, rate)
    if decoded is None or decoded.attempt >= MAX_ENTRY_ATTEMPTS or expired:
        return None
    client_id = client_order_id(
        decoded.install, decoded.bot_id, decoded.decision, order.leg, decoded.attempt + 1
    )
    return replace(
        order,
        id=0,
        client_id=client_id,
        state=OrderState.PLANNED,
        signed_at=None,
        exchange_id=None,
        note="",
    )
