"""What the engine is in the middle of when it dies: one class per scenario, in a table."""

from decimal import Decimal
from typing import ClassVar

from engine.core.bot_config import Direction
from engine.core.market import Candle, Market
from engine.core.position import PositionState
from engine.services.panic import panic

_OTHER = {"symbol": "ETHUSDT"}
FUTURES = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 5,
    "size": Decimal(500),
    "max_position": Decimal(50),
}


async def running(lab, name="Anna", **settings):
    """A bot that is ready to act and has heard a price."""
    bot = await lab.running(name, **settings)
    market, symbol = bot.config.market, bot.config.symbol
    last = str(lab.world.market.last(symbol))

    async def heard():
        await lab.control("price", symbol=symbol, price=last)
        return lab.life.prices.book(market, symbol) is not None

    await lab.until(heard)
    if market is Market.FUTURES:
        await lab.job("reconcile")  # leverage and margin of its symbol are read then
    return bot


class Entry:
    """A BUY, its order, its fill, its exits."""

    name = "entry and protection"
    settings: ClassVar = {}

    async def prepare(self, lab):
        self.bots = [await running(lab, **self.settings)]

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
        self.bots = [await running(lab, **{"size": Decimal(1000)} | self.settings)]
        await lab.enter(self.bots[0])

    async def act(self, lab):
        await lab.fault("partial_fill", share="0.5")
        await lab.price("51000.02")
        await lab.price("51100")


class Panic(Held):
    """Panic: every bot of a user is stopped and its position closed."""

    name = "panic"

    async def prepare(self, lab):
        self.bots = [
            await running(lab, **self.settings),
            await running(lab, "Bert", **{"size": Decimal(200)} | self.settings | _OTHER),
        ]
        for bot in self.bots:
            await lab.enter(bot)

    async def act(self, lab):
        await panic(lab.office, lab.account, close=True)


class Trailing(Held):
    """The price has risen, and the stop moves after it."""

    name = "trailing move"
    settings: ClassVar = {
        "stop_loss": Decimal(5), "take_profit": Decimal(10), "trailing_stop": Decimal(1),
    }  # fmt: skip

    async def act(self, lab):
        await lab.price(51_000)
        top = Candle(lab.clock.now_ms(), 50_000.0, 51_000.0, 50_000.0, 51_000.0, 1.0)
        lab.life.feed.candles = lambda _: [top]
        await lab.job("trailing stops")

    async def done(self, lab):
        async def moved():
            return (await lab.books.position(self.bots[0])).stop_price > 50_000

        await lab.until(moved)
        await lab.covered(self.bots[0])


def on_futures(scenario):
    """The same on the other market."""
    more = {"name": f"{scenario.name}, futures", "settings": scenario.settings | FUTURES}
    return type(f"Futures{scenario.__name__}", (scenario,), more)


SPOT = (Entry, PartEntry, CloseBySignal, CloseByHand, StopLoss, TakeProfit, Panic, Trailing)
# A market order on futures is not cut into parts here.
SCENARIOS = (*SPOT, *(on_futures(each) for each in SPOT if each not in {PartEntry, TakeProfit}))
