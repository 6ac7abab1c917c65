"""A plain recount: what the fills alone say of positions, trades, days, statistics and money."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from engine.core.client_id import decode_client_id
from engine.core.hours import day_of
from engine.core.market import Market, Side
from engine.core.order import Leg
from engine.core.position import PositionState, add_fill
from engine.core.statistics.tally import Tally
from engine.core.trade import close_books
from engine.services import statistics

ZERO = Decimal(0)
_SUMS = ("entry_qty", "entry_quote", "exit_qty", "exit_quote", "fee_base", "fee_quote")


async def replayed(lab):
    """Every position anew from its fills; its sums and the trade are held to what was booked."""
    fills = defaultdict(list)
    for fill in await lab.books.fills():
        made = decode_client_id(fill.client_id)
        fills[made.bot_id, made.decision].append((Leg(made.leg), fill))
    trades = {trade.position_id: trade for trade in await lab.books.trades()}
    positions = await lab.books.positions()
    for booked in positions:
        empty = replace(booked, **dict.fromkeys(_SUMS, ZERO), fees={}, state=PositionState.OPEN)
        mine = fills.pop((booked.bot_id, booked.decision))
        position = empty
        for leg, fill in sorted(mine, key=lambda each: (each[0].exit, each[1].at)):
            position = add_fill(position, fill, leg)
        assert replace(position, state=booked.state) == booked
        assert booked.state is PositionState.CLOSED
        trade = trades.pop(booked.id)
        assert replace(close_books(position, trade.reason, trade.closed_at), id=trade.id) == trade
    assert not fills, "fills of no position"
    assert not trades, "trades of no position"
    return positions


async def days_agree(lab, zone):
    """Every entry and trade counts once, on its day in that zone; returns the days seen."""
    trades, positions = await lab.books.trades(), await lab.books.positions()
    entries = [(p.bot_id, day_of(p.opened_at, zone)) for p in positions]
    closed = [(t.bot_id, day_of(t.closed_at, zone)) for t in trades]
    for bot_id, day in {*entries, *closed}:
        async with lab.storage.reading() as unit:
            count = await unit.counters.get(bot_id, day)
        nets = [t.net for t, key in zip(trades, closed, strict=True) if key == (bot_id, day)]
        assert count.entries == entries.count((bot_id, day))
        assert (count.closed, count.net) == (len(nets), sum(nets, ZERO))
    return {day for _, day in (*entries, *closed)}


async def statistics_agree(lab, bots):
    """The statistics that the chat shows are those of the trades of the same purse."""
    trades = await lab.books.trades()
    for mode in {bot.config.mode for bot in bots}:
        ids = {bot.id for bot in bots if bot.config.mode is mode}
        nets = [trade.net for trade in trades if trade.bot_id in ids]
        asked = statistics.Asked(purse=statistics.Purse(mode, "USDT"))
        told = await statistics.report(lab.office, lab.account, asked, None)
        assert told.statistics.total == Tally(
            len(nets), sum(net > 0 for net in nets), sum(net < 0 for net in nets), sum(nets, ZERO)
        )


async def money_agrees(lab, key, start):
    """The exchange's wallets hold what our fills and fundings leave of ``start`` USDT in each."""
    keyed = [p for p in await lab.books.positions() if p.account.partition(":")[0] != "paper"]
    spot, coins, futures = start, defaultdict(lambda: ZERO), start
    for p in keyed:
        flow = (p.exit_quote - p.entry_quote) * (1 if p.side.entry is Side.BUY else -1)
        if p.market is Market.FUTURES:
            futures += flow - p.fee_quote + p.funding
        else:
            spot += flow - p.fee_quote
            coins[p.base] += p.held
    account = lab.world.accounts[key]
    assert account.balance("USDT").free == spot
    assert {base: account.balance(base).free for base in coins} == dict(coins)
    assert lab.world.futures.book.floor.accounts[key].wallet["USDT"] == futures
