"""Venue: what the exchange holds of an account, held against what our books say it holds.

Orders of nobody of ours that traded what we held are booked with their reason; coins that left
the account are written off; whatever else differs is told, and stops entries on that symbol. A
failed read proves nothing and changes nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import structlog

from engine.core.errors import Refused
from engine.core.money import ZERO
from engine.core.order import MISSING
from engine.core.position import ExitReason, Position, PositionSide
from engine.cycles import tell
from engine.cycles.fleet import AccountSymbol, Fleet, Member
from engine.cycles.foreign import Foreign
from engine.cycles.ledger import Ledger, has_work
from engine.ports.storage import Unit
from engine.ports.trader import FuturesAccount, Trader

_log = structlog.get_logger("venue")
# Real seconds for which a difference must stay the same before it is believed: fills and balances
# reach us by several ways, each at its own pace.
_BELIEVED_AFTER = 10.0
_HOUR_MS = 3_600_000
_SETTLED_AFTER_MS = 60_000


@dataclass(slots=True)
class Venue:
    """Compares accounts and writes down what follows."""

    ledger: Ledger
    fleet: Fleet
    foreign: Foreign
    _doubts: dict[AccountSymbol, tuple[Decimal, float]] = field(default_factory=dict)
    _told: dict[AccountSymbol, Decimal] = field(default_factory=dict)
    _funded: dict[int, int] = field(default_factory=dict)

    async def look(self, account: str, trader: Trader) -> None:
        """Compare an account whose orders were just read; raises ``ExchangeError``."""
        async with self.ledger.storage.reading() as unit:
            held = await unit.positions.open_of_account(account)
            orders = await unit.orders.unfinished(account)
        if trader.futures is None:
            await self._spot(account, held)
            return
        busy = {order.symbol for order in orders if has_work(order)}
        await self._futures(account, trader.futures, held, busy)

    async def _futures(
        self, account: str, futures: FuturesAccount, held: list[Position], busy: set[str]
    ) -> None:
        mine = [m for m in self.fleet.members.values() if m.bot.account == account]
        for symbol in {member.bot.config.symbol for member in mine}:
            await self._terms(account, futures, symbol)
        theirs = {p.symbol: p.quantity for p in (await futures.positions()).values()}
        ours: dict[str, list[Position]] = defaultdict(list)
        for position in held:
            ours[position.symbol].append(position)
        for symbol in ours.keys() | {m.bot.config.symbol for m in mine}:
            difference = theirs.get(symbol, ZERO) - _net(ours[symbol])
            first = ours[symbol][0] if ours[symbol] else None
            if first is not None and (missing := _missing(first, difference)) > ZERO:
                found = await futures.foreign_orders(symbol, first.opened_at)
                if await self.foreign.book(first, found, missing):
                    # The next look compares what was booked; what goes beyond it is known now.
                    beyond = difference + (missing if difference < ZERO else -missing)
                    if beyond:
                        self.fleet.drifts[account, symbol] = beyond
                    continue
            if symbol in busy:
                continue  # what is on its way may be the difference
            await self._drift((account, symbol), difference, ours[symbol], mine)
        await self._funding(account, futures, held)

    async def _terms(self, account: str, futures: FuturesAccount, symbol: str) -> None:
        """What the exchange grants; a symbol that it does not list any more costs no other one."""
        try:
            self.fleet.terms[account, symbol] = await futures.terms(symbol)
        except Refused as error:
            _log.warning("no terms", symbol=symbol, error=str(error))
            self.fleet.terms.pop((account, symbol), None)

    async def _drift(
        self,
        where: AccountSymbol,
        difference: Decimal,
        ours: list[Position],
        members: Iterable[Member],
    ) -> None:
        """A difference that stays stops entries on the symbol and is told to the bots' owner.

        Beside a holding of somebody else's nothing is entered from its first sight on. What can
        not be closed because the exchange does not hold it is written off.
        """
        if not difference:
            for seen in (self._doubts, self._told, self.fleet.drifts):
                seen.pop(where, None)
        elif not self._believed(where, difference):
            if not ours and await self._flat(where):
                self.fleet.drifts[where] = difference
        elif (
            ours
            and (missing := _missing(ours[0], difference)) > ZERO
            and await self._was_refused(ours[0])
        ):
            await self._gone(ours[0], missing)
        elif self._told.get(where) != difference:
            self._told[where] = self.fleet.drifts[where] = difference
            member = next(m for m in members if m.bot.config.symbol == where[1])
            base = self.ledger.guard.rulebook.of(member.bot, where[1]).base
            net = _net(ours)
            alert = tell.drift(member.bot, base, net, net + difference)
            _log.error("books and exchange differ", symbol=where[1], by=str(difference))

            async def work(unit: Unit) -> tuple[set[int], bool]:
                return set(), await unit.outbox.add(alert, self.ledger.guard.clock.now_ms())

            await self.ledger.change(work)

    async def _flat(self, where: AccountSymbol) -> bool:
        """Whether we hold nothing there and have nothing on its way even now."""
        account, symbol = where
        async with self.ledger.storage.reading() as unit:
            held = await unit.positions.on_symbol(account, symbol)
            orders = await unit.orders.unfinished(account)
        return not held and all(order.symbol != symbol for order in orders)

    async def _spot(self, account: str, held: list[Position]) -> None:
        """Coins that exits were refused for: if the account has fewer, they left it otherwise."""
        if account.startswith("paper:"):
            return
        for position in held:
            if not await self._was_refused(position):
                continue
            balance = self.fleet.free(account, position.base)
            others = sum((p.held for p in held if p.base == position.base), start=-position.held)
            left = max(balance.free + balance.locked - others, ZERO)
            missing = max(position.held - left, ZERO)
            if missing and self._believed((account, position.symbol), missing):
                await self._gone(position, missing)

    async def _was_refused(self, position: Position) -> bool:
        async with self.ledger.storage.reading() as unit:
            orders = await unit.orders.of_decision(position.bot_id, position.decision)
        exits = [order for order in orders if order.leg.exit]
        return bool(exits) and exits[-1].refusal in MISSING

    async def _gone(self, position: Position, missing: Decimal) -> None:
        async def work(unit: Unit) -> tuple[set[int], bool]:
            now = await unit.positions.get(position.id)
            if now.held < missing:
                return set(), False
            less = await unit.positions.save(replace(now, gone_qty=now.gone_qty + missing))
            bot = await unit.bots.get(less.bot_id)
            at = self.ledger.guard.clock.now_ms()
            await unit.outbox.add(tell.coins_gone(less, bot, missing), at)
            await self.ledger.guard.look(unit, less)
            return {less.bot_id}, True

        await self.ledger.change(work)
        self._doubts.pop((position.account, position.symbol), None)

    async def _funding(self, account: str, futures: FuturesAccount, held: list[Position]) -> None:
        """Payments fall due on the hour: each position is asked about once in an hour.

        One that was closed meanwhile is asked about once more, a little later: payments are told
        with a delay, and belong into the result all the same; so does what a liquidation cost.
        However long nobody could ask, its row says that it is still to be done.
        """
        now = self.ledger.guard.clock.now_ms()
        async with self.ledger.storage.reading() as unit:
            closed = await unit.positions.unfunded(account)
        for position in held:
            hour = now // _HOUR_MS
            if self._funded.setdefault(position.id, position.opened_at // _HOUR_MS) != hour:
                await self._ask_funding(futures, position)
                self._funded[position.id] = hour
        for position in closed:
            if position.closed_at is None or now - position.closed_at < _SETTLED_AFTER_MS:
                continue
            if await self._liquidated(position):
                charges = await futures.clearance(position.symbol, position.opened_at)
                await self.foreign.pay(position, charges, of_its_end=True)
            await self._ask_funding(futures, position)
            await self.foreign.funded(position)
            self._funded.pop(position.id, None)

    async def _ask_funding(self, futures: FuturesAccount, position: Position) -> None:
        if not _within_an_hour(position):
            payments = await futures.funding(position.symbol, position.opened_at)
            await self.foreign.pay(position, payments)

    async def _liquidated(self, position: Position) -> bool:
        async with self.ledger.storage.reading() as unit:
            trade = await unit.trades.of_position(position.id)
        return trade is not None and trade.reason is ExitReason.LIQUIDATION

    def _believed(self, where: AccountSymbol, difference: Decimal) -> bool:
        """Whether the same difference was seen for long enough."""
        now = asyncio.get_running_loop().time()
        seen, since = self._doubts.get(where, (None, now))
        if seen != difference:
            self._doubts[where] = (difference, now)
            return False
        return now - since >= _BELIEVED_AFTER


def _net(positions: Iterable[Position]) -> Decimal:
    """Signed quantity of positions: negative for shorts."""
    return sum((p.held if p.side is PositionSide.LONG else -p.held for p in positions), start=ZERO)


def _missing(position: Position, difference: Decimal) -> Decimal:
    """How much of a position the exchange does not hold any more."""
    less = -difference if position.side is PositionSide.LONG else difference
    return min(less, position.held)


def _within_an_hour(position: Position) -> bool:
    """Whether a position was opened and closed without a full hour passing by."""
    closed = position.closed_at
    return closed is not None and closed // _HOUR_MS == position.opened_at // _HOUR_MS
