"""Every repository method, called by one owner with another one's ids (see test_isolation)."""

from dataclasses import dataclass, replace

from engine.core.account import AuditEntry, Draft, KeyState, Role
from engine.core.bot_config import Environment
from engine.core.bot_state import BotState
from engine.core.checks import DayCount
from engine.core.events import OutboxRow
from engine.core.order import Fill, Leg, Order
from engine.core.position import ExitReason, Position, PositionState
from engine.core.trade import Funding, Trade
from engine.ports.repos import SignalRow
from tests.contract.storage import makers
from tests.contract.storage.makers import AT, Person

DAY = "2026-01-01"


@dataclass(frozen=True)
class Loot:
    """All that the victim owns."""

    who: Person
    entry: Order
    planned: Order
    fill: Fill
    position: Position
    closed: Position
    trade: Trade
    paid: Funding
    sent: OutboxRow
    claimed: OutboxRow


async def fill_house(storage, who: Person) -> Loot:
    """Give a person one row of everything."""
    bot, owner = who.bot, who.account.id
    async with storage.system() as unit:
        signal_id = await unit.signals.add(bot.id, makers.signal(), "entry", None)
        held = await unit.positions.add(makers.position(bot))
        closed = makers.position(bot, 2, state=PositionState.CLOSED)
        closed = await unit.positions.add(closed)
        entry = makers.order(bot, signal_id=signal_id, position_id=held.id)
        stop = makers.order(bot, Leg.STOP)
        entry, stop = await unit.orders.add([entry, stop])
        await unit.fills.add_new(entry, [makers.fill(entry)])
        trade = await unit.trades.add(makers.trade(held))
        (paid,) = await unit.fundings.add_new(held, [makers.funding()])
        await unit.counters.add(bot.id, DayCount(DAY, entries=1))
        await unit.audit.add(AuditEntry(owner, "a", "b", "c", AT))
        for n in range(3):
            await unit.outbox.add(makers.alert(bot, f"{owner}-{n}"), AT)
        sent, claimed = await unit.outbox.claim(limit=2, at=AT)
        await unit.outbox.mark_sent(sent.id, 4711)
        await unit.accounts.add_invite("hash", Role.ADMIN, owner, AT + 100)
        await unit.installs.boot(AT)
        await unit.commit()
    async with storage.of(owner) as unit:
        await unit.drafts.put(Draft(owner, "new_bot", "name", {}, 1, AT))
        await unit.commit()
    fill = makers.fill(entry)
    return Loot(who, entry, stop, fill, held, closed, trade, paid, sent, claimed)


def _attacks_on_people(u, loot, me):
    a, key = loot.who.account, loot.who.key
    return {
        "Accounts.add": lambda: u.accounts.add(999, "x", Role.ADMIN, AT),
        "Accounts.by_telegram": lambda: u.accounts.by_telegram(a.telegram_id),
        "Accounts.get": lambda: u.accounts.get(a.id),
        "Accounts.all": lambda: u.accounts.all(),
        "Accounts.set_reachable": lambda: u.accounts.set_reachable(a.id, reachable=False),
        "Accounts.set_active": lambda: u.accounts.set_active(a.id, active=False),
        "Accounts.set_role": lambda: u.accounts.set_role(a.id, Role.VIEWER),
        "Accounts.add_invite": lambda: u.accounts.add_invite("h", Role.ADMIN, a.id, AT),
        "Accounts.use_invite": lambda: u.accounts.use_invite("hash", 999, AT),
        "Keys.add": lambda: u.keys.add(
            "2", key.environment, key.fingerprint, b"s", AT, ip_restricted=True
        ),
        "Keys.get": lambda: u.keys.get(key.id),
        "Keys.by_public_id": lambda: u.keys.by_public_id(key.public_id),
        "Keys.all": lambda: u.keys.all(),
        "Keys.sealed": lambda: u.keys.sealed(key.id),
        "Keys.set_state": lambda: u.keys.set_state(key.id, KeyState.REMOVED, "", AT),
        "Keys.set_rights": lambda: u.keys.set_rights(
            key.id, futures=True, ip_restricted=False, at=AT
        ),
        "Drafts.get": lambda: u.drafts.get(),
        "Drafts.put": lambda: u.drafts.put(Draft(a.id, "k", "s", {}, 9, AT)),
        "Drafts.delete": lambda: u.drafts.delete(),
        "Audit.add": lambda: u.audit.add(AuditEntry(a.id, "x", "y", "z", AT)),
        "Audit.recent": lambda: u.audit.recent(limit=9),
        "Installs.boot": lambda: u.installs.boot(AT),
        "Streams.judged_until": lambda: u.streams.judged_until(Environment.LIVE, "s"),
        "Streams.set_judged": lambda: u.streams.set_judged({(Environment.LIVE, "s"): AT}),
    }


def _attacks_on_trading(u, loot, me):
    bot, order = loot.who.bot, loot.entry
    moved = replace(order, note="stolen", owner_id=me.account.id)
    planned = makers.order(bot, Leg.CLOSE, 7)
    signal_row = SignalRow(0, bot.id, makers.signal(AT + 2), "entry")
    return {
        "Bots.add": lambda: u.bots.add(bot.config, AT),
        "Bots.get": lambda: u.bots.get(bot.id),
        "Bots.by_public_id": lambda: u.bots.by_public_id(bot.public_id),
        "Bots.all": lambda: u.bots.all(),
        "Bots.many": lambda: u.bots.many([bot.id]),
        "Bots.by_state": lambda: u.bots.by_state(list(BotState)),
        "Bots.save": lambda: u.bots.save(replace(bot, owner_id=me.account.id)),
        "Bots.save_all": lambda: u.bots.save_all([replace(bot, owner_id=me.account.id)]),
        "Bots.delete": lambda: u.bots.delete(bot.id),
        "Signals.add": lambda: u.signals.add(bot.id, makers.signal(AT + 1), "entry", None),
        "Signals.add_all": lambda: u.signals.add_all([signal_row]),
        "Signals.last": lambda: u.signals.last(bot.id),
        "Orders.add": lambda: u.orders.add([replace(planned, owner_id=me.account.id)]),
        "Orders.save": lambda: u.orders.save(moved, was=order),
        "Orders.save_all": lambda: u.orders.save_all([(moved, order)]),
        "Orders.by_client_id": lambda: u.orders.by_client_id(order.client_id),
        "Orders.of_exchange_id": lambda: u.orders.of_exchange_id(
            order.account, order.symbol, order.exchange_id
        ),
        "Orders.of_list": lambda: u.orders.of_list(order.list_id),
        "Orders.of_decision": lambda: u.orders.of_decision(bot.id, 1),
        "Orders.unfinished_of": lambda: u.orders.unfinished_of([bot.id]),
        "Orders.unfinished": lambda: u.orders.unfinished(),
        "Orders.not_placed_since": lambda: u.orders.not_placed_since(0),
        "Orders.recent": lambda: u.orders.recent(limit=9, bot_id=bot.id),
    }


def _attacks_on_results(u, loot, me):
    bot, order = loot.who.bot, loot.entry
    mine = makers.position(me.bot)
    return {
        "Fills.add_new": lambda: u.fills.add_new(order, [makers.fill(order, "99")]),
        "Fills.of_position": lambda: u.fills.of_position(loot.position.id),
        "Fills.all": lambda: u.fills.all(),
        "Fills.of_account": lambda: u.fills.of_account(order.account),
        "Fills.known_trade_ids": lambda: u.fills.known_trade_ids(order.account, order.symbol, 0),
        "Fills.claim_entry": lambda: u.fills.claim_entry(order.id, loot.closed.id),
        "Positions.add": lambda: u.positions.add(replace(mine, bot_id=bot.id)),
        "Positions.save": lambda: u.positions.save(replace(loot.position, owner_id=me.account.id)),
        "Positions.get": lambda: u.positions.get(loot.position.id),
        "Positions.open_of_many": lambda: u.positions.open_of_many([bot.id]),
        "Positions.open_of": lambda: u.positions.open_of(bot.id),
        "Positions.open_of_account": lambda: u.positions.open_of_account(loot.position.account),
        "Positions.on_symbol": lambda: u.positions.on_symbol(order.account, order.symbol),
        "Positions.unfunded": lambda: u.positions.unfunded(order.account),
        "Positions.latest_on": lambda: u.positions.latest_on(order.account, order.symbol),
        "Positions.of_decision": lambda: u.positions.of_decision(bot.id, 1),
        "Positions.opened_since": lambda: u.positions.opened_since(bot.id, 0),
        "Positions.unfinished": lambda: u.positions.unfinished(),
        "Positions.recent": lambda: u.positions.recent(limit=9),
        "Trades.add": lambda: u.trades.add(makers.trade(loot.closed, owner_id=me.account.id)),
        "Trades.replace": lambda: u.trades.replace(
            replace(loot.trade, owner_id=me.account.id, reason=ExitReason.ADL)
        ),
        "Fundings.add_new": lambda: u.fundings.add_new(loot.position, [makers.funding("2")]),
        "Fundings.of_position": lambda: u.fundings.of_position(loot.position.id),
        "Trades.recent": lambda: u.trades.recent(limit=9, bot_id=bot.id),
        "Trades.since": lambda: u.trades.since(0),
        "Trades.of_position": lambda: u.trades.of_position(loot.position.id),
        "Trades.last_losses": lambda: u.trades.last_losses([bot.id], 0),
        "Counters.of_day": lambda: u.counters.of_day(DAY, [bot.id]),
        "Counters.get": lambda: u.counters.get(bot.id, DAY),
        "Counters.put": lambda: u.counters.put(bot.id, DayCount(DAY, entries=7)),
        "Counters.add": lambda: u.counters.add(bot.id, DayCount(DAY, entries=5)),
    }


def _attacks_on_alerts(u, loot, me):
    foreign = makers.alert(loot.who.bot, "new", owner_id=me.account.id)
    return {
        "Outbox.add": lambda: u.outbox.add(foreign, AT),
        "Outbox.claim": lambda: u.outbox.claim(limit=9, at=AT + 9),
        "Outbox.release_claimed": lambda: u.outbox.release_claimed(),
        "Outbox.mark_sent": lambda: u.outbox.mark_sent(loot.claimed.id, 1),
        "Outbox.retry": lambda: u.outbox.retry(loot.claimed.id, AT),
        "Outbox.give_up": lambda: u.outbox.give_up(loot.claimed.id, "x"),
        "Outbox.thread_head": lambda: u.outbox.thread_head(5),
        "Outbox.depth": lambda: u.outbox.depth(),
    }


def attacks(unit, loot: Loot, me: Person) -> dict:
    """By ``Repo.method``, a call that must find, return and change nothing of the victim."""
    return (
        _attacks_on_people(unit, loot, me)
        | _attacks_on_trading(unit, loot, me)
        | _attacks_on_results(unit, loot, me)
        | _attacks_on_alerts(unit, loot, me)
    )
