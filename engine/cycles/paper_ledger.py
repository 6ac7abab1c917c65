"""Paper ledger: a paper account's state, summed up from the rows of its bot."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.errors import NotFound
from engine.core.margin import Net
from engine.core.market import Side
from engine.core.money import ZERO
from engine.core.order import OrderState
from engine.cycles.rulebook import Rulebook
from engine.ports.paper import PaperBooks
from engine.ports.storage import Storage

_RESTING = frozenset({OrderState.OPEN, OrderState.PART_FILLED, OrderState.CANCELLING})


@dataclass(frozen=True, slots=True)
class RowsPaperLedger:
    """Implements the PaperLedger port over the storage."""

    storage: Storage
    rulebook: Rulebook

    async def books(self, account: str) -> PaperBooks:
        """Capital plus every fill of the bot, and its resting orders; raises ``NotFound``."""
        kind, _, bot_id = account.partition(":")
        if kind != "paper" or not bot_id.isdigit():
            raise NotFound(f"no paper account {account}")
        async with self.storage.reading() as unit:
            bot = await unit.bots.get(int(bot_id))
            fills = await unit.fills.of_account(account)
            unfinished = await unit.orders.unfinished(account)
            position = await unit.positions.open_of(bot.id)
        rules = self.rulebook.of(bot, bot.config.symbol)
        totals: dict[str, Decimal] = {rules.quote: bot.config.initial_capital, rules.base: ZERO}
        net = Net()
        for side, fill in fills:
            net = net.after(side, fill.quantity, fill.price)
            sign = 1 if side is Side.BUY else -1
            totals[rules.base] += sign * fill.quantity
            totals[rules.quote] -= sign * fill.quote
            paid = totals.get(fill.commission_asset, ZERO)
            totals[fill.commission_asset] = paid - fill.commission
        resting = tuple(order for order in unfinished if order.state in _RESTING)
        leverage = position.leverage if position else bot.config.leverage
        return PaperBooks(bot.config.market, rules, totals, resting, net.entry, leverage)
