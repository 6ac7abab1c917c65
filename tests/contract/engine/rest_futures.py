"""Rest on futures: what the exchange holds is what our fills say, under stops of ours."""

from collections import Counter, defaultdict
from decimal import Decimal

from engine.core.client_id import decode_client_id
from engine.core.market import Market
from engine.core.order import Leg
from engine.core.position import PositionSide, PositionState

ZERO = Decimal(0)


async def unsettled(lab):
    """Amounts, trades and cover that do not agree yet."""
    shelf = lab.world.futures.book.floor.shelf
    positions = [p for p in await lab.books.positions() if p.market is Market.FUTURES]
    found = _amounts(lab, positions)
    ours = {o.id: o.client_id for o in shelf.orders if decode_client_id(o.client_id)}
    theirs = sorted((t.symbol, str(t.id), ours[t.order_id]) for _, t in shelf.trades)
    keyed = {o.client_id: o for o in await lab.books.orders() if o.market is Market.FUTURES}
    booked = sorted(
        (keyed[f.client_id].symbol, f.trade_id, f.client_id)
        for f in await lab.books.fills()
        if f.client_id in keyed
    )
    if theirs != booked:
        found.append(f"trades differ: {booked} {theirs}")
    return found + _cover(shelf, positions)


def _amounts(lab, positions):
    recorded = defaultdict(lambda: ZERO)
    for p in positions:
        sign = 1 if p.side is PositionSide.LONG else -1
        recorded[p.symbol] += sign * (p.entry_qty - p.exit_qty)
    held = defaultdict(lambda: ZERO)
    for account in lab.world.futures.book.floor.accounts.values():
        for position in account.held():
            held[position.symbol] += position.amount
    return [
        f"{symbol}: the exchange holds {held[symbol]}, the rows {recorded[symbol]}"
        for symbol in held.keys() | recorded.keys()
        if held[symbol] != recorded[symbol]
    ]


def _cover(shelf, positions):
    """Every open position has a stop for all of it, and no conditional order has no position."""
    waiting = defaultdict(list)
    for algo in shelf.algos:
        made = decode_client_id(algo.client_id)
        if algo in shelf.waiting(symbol=algo.wish.symbol):
            waiting[made.bot_id, made.decision].append(algo)
    found = []
    for p in positions:
        exits = waiting.pop((p.bot_id, p.decision), [])
        held = p.entry_qty - p.exit_qty
        stops = [a.wish for a in exits if decode_client_id(a.client_id).leg == Leg.STOP]
        if p.state is PositionState.CLOSED:
            found += [f"{a.client_id} waits for a closed position" for a in exits]
        elif p.state is PositionState.CLOSING:
            found.append(f"position {p.id} is still closing")
        elif not any(w.close_position or w.quantity >= held for w in stops):
            found.append(f"position {p.id} holds {held} without a stop")
        elif len(stops) > 1:
            found.append(f"position {p.id} has {len(stops)} stops")
    left = [algo.client_id for algos in waiting.values() for algo in algos]
    return found + [f"{left} wait without a position"] * bool(left)


def faults(lab):
    """Decisions entered twice, ids used twice, exits that could open something."""
    shelf = lab.world.futures.book.floor.shelf
    # A conditional order that triggered is an order of the same id.
    ids = Counter(o.client_id for o in shelf.orders) | Counter(a.client_id for a in shelf.algos)
    found = [f"{one} is on the futures exchange {n} times" for one, n in ids.items() if n > 1]
    made = [(decode_client_id(o.client_id), o) for o in shelf.orders]
    made += [(decode_client_id(a.client_id), a) for a in shelf.algos]
    entries = Counter((m.bot_id, m.decision) for m, _ in made if m.leg == Leg.ENTRY)
    found += [f"decision {name} has {n} entries" for name, n in entries.items() if n > 1]
    loose = (o for m, o in made if m.leg != Leg.ENTRY)
    return found + [
        f"{o.client_id} neither reduces nor closes"
        for o in loose
        if not (o.wish.reduce_only or o.wish.close_position)
    ]
