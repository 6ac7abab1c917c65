"""Coming to rest after a death, and what must hold then, by the exchange's books and the rows."""

import asyncio
from collections import defaultdict
from decimal import Decimal

from engine.core.client_id import decode_client_id
from engine.core.market import Market
from engine.core.order import Leg
from engine.core.position import PositionState
from tests.contract.engine import rest_futures as futures

ZERO = Decimal(0)
# Each round is 1.1 s of market time: enough for every proof of absence and every grace.
_ROUNDS = 40
_LOOKS = 12


async def come_to_rest(lab):
    """Let the market's time pass until nothing moves; returns what still does in the end."""
    await lab.heal()
    for _ in range(_ROUNDS):
        for _ in range(_LOOKS):
            left = await _unsettled(lab)
            if not left:
                return []
            await asyncio.sleep(0.02)
        await lab.advance(1.1)
        for name in ("naked or closing", "reconcile", "protection"):
            await lab.job(name)
    return left


async def _unsettled(lab):
    left = [f"{o.client_id} is {o.state}" for o in await lab.books.orders() if not _resting(o)]
    spot = [p for p in await lab.books.positions() if p.market is Market.SPOT]
    left += await lab.books.differences()
    left += await _uncovered(lab, spot)
    return left + await futures.unsettled(lab)


def _resting(order):
    return order.state.final or order.state.value in {"open", "part_filled"}


async def _uncovered(lab, positions):
    """Positions that are neither closed nor wholly under live stops, and orders of no position."""
    stops = defaultdict(lambda: ZERO)
    live = defaultdict(list)
    for order in lab.books.venue(live=True):
        made = decode_client_id(order.client_id)
        live[made.bot_id, made.decision].append(order.client_id)
        if made.leg == Leg.STOP:
            stops[made.bot_id, made.decision] += order.remaining
    found = []
    for position in positions:
        name = (position.bot_id, position.decision)
        legs = live.pop(name, [])
        if position.state is PositionState.CLOSED:
            found += [f"{leg} is live though its position is closed" for leg in legs]
        elif position.state is PositionState.CLOSING:
            found.append(f"position {position.id} is still closing")
        else:
            rules = lab.life.catalogue.rules(position.market, position.symbol)
            if rules is None or stops[name] != position.sellable(rules):
                found.append(
                    f"position {position.id} holds {position.held}, covered {stops[name]}"
                )
    return found + [f"{legs} are live without a position" for legs in live.values()]


async def faults_of(lab):
    """What is wrong for good: a decision entered twice, more sold than bought, an id reused."""
    ids = [order.client_id for order in lab.books.venue()]
    found = [f"{one} is on the exchange twice" for one in set(ids) if ids.count(one) > 1]
    bought, sold = defaultdict(lambda: ZERO), defaultdict(lambda: ZERO)
    entries = defaultdict(int)
    for order in lab.books.venue():
        made = decode_client_id(order.client_id)
        name = (made.bot_id, made.decision)
        entries[name] += made.leg == Leg.ENTRY
        (bought if made.leg == Leg.ENTRY else sold)[name] += order.executed
    found += [f"decision {name} has {n} entries" for name, n in entries.items() if n > 1]
    found += [
        f"decision {name} sold {sold[name]} of {bought[name]}"
        for name in sold
        if sold[name] > bought[name]
    ]
    found += futures.faults(lab)
    bots = defaultdict(list)
    for position in await lab.books.positions():
        if position.state is not PositionState.CLOSED:
            bots[position.bot_id].append(position.id)
    found += [f"bot {bot} holds {held} at once" for bot, held in bots.items() if len(held) > 1]
    return found
