"""What the engine is in the middle of when it dies: one class per scenario, in a table."""

from decimal import Decimal

from engine.core.bot_state import StopChoice
from engine.core.position import PositionState


class Entry:
    """A BUY, its order, its fill, its exits."""

    name = "entry and protection"

    async def prepare(self, lab):
        self.bots = [await lab.running()]

    async def act(self, lab):
        lab.buy(self.bots[0])

    async def done(self, lab):
        for bot in self.bots:
            await lab.covered(bot)

    async def verdict(self, lab):
        return []


class PartEntry(Entry):
    """An entry of which only half is filled: the exits are for what was bought."""

    name = "protection of half an entry"

    async def act(self, lab):
        await lab.fault("partial_fill", share="0.5")
        await super().act(lab)


class Held(Entry):
    """Something happens to a position that is covered."""

    async def prepare(self, lab):
        await super().prepare(lab)
        await lab.enter(self.bots[0])

    async def done(self, lab):
        for bot in self.bots:
            await lab.closed(bot)

    async def verdict(self, lab):
        """What was asked to close is closed."""
        held = await lab.books.positions()
        return [f"{p.id} is {p.state}" for p in held if p.state is PositionState.CLOSING]


class CloseBySignal(Held):
    """The opposite signal: exits are cancelled, the coins sold."""

    name = "close by signal"

    async def act(self, lab):
        lab.sell(self.bots[0])


class CloseByHand(Held):
    """The button "Close now"."""

    name = "close by hand"

    async def act(self, lab):
        await lab.close_by_hand(self.bots[0])


class StopLoss(Held):
    """The stop fires at the exchange."""

    name = "stop loss"

    async def act(self, lab):
        await lab.price(49_000)


class TakeProfit(Held):
    """The target fills at the exchange, half of it first."""

    name = "take profit in two parts"

    async def prepare(self, lab):
        self.bots = [await lab.running(size=Decimal(1000))]
        await lab.enter(self.bots[0])

    async def act(self, lab):
        await lab.fault("partial_fill", share="0.5")
        await lab.price("51000.02")
        await lab.price("51100")


class StopAll(Held):
    """Every bot of a user is stopped and told to sell."""

    name = "stop all and sell"

    async def prepare(self, lab):
        self.bots = [
            await lab.running(),
            await lab.running("Bert", symbol="ETHUSDT", size=Decimal(200)),
        ]
        for bot in self.bots:
            await lab.enter(bot)

    async def act(self, lab):
        for bot in self.bots:
            await lab.stop(bot, StopChoice.CLOSE)


SCENARIOS = (Entry, PartEntry, CloseBySignal, CloseByHand, StopLoss, TakeProfit, StopAll)
