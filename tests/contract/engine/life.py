"""One life of the engine: wired as the service wires it, with the lab's clock, and killable."""

from engine.core.bot_config import Environment
from engine.core.market import Market
from engine.cycles.analyst import Advising
from engine.cycles.engine import Engine, Parts
from engine.cycles.nudges import Nudges
from engine.cycles.paper_ledger import RowsPaperLedger
from engine.cycles.rulebook import Rulebook
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.market import BinanceMarket
from engine.exchange.broker import Broker
from engine.market.catalogue import CachedCatalogue
from engine.market.feed import Feed
from engine.market.prices import LivePrices
from engine.runtime.clock import Followed
from engine.runtime.nursery import Nursery
from storage.vault import SqlKeyRing

HERE = Environment.LOCAL


class Life:
    """From ``begin`` to ``crash``."""

    def __init__(self, lab):
        clock, storage = lab.clock, lab.storage
        self.nursery = Nursery()
        self.given_up = []
        self.advisor = lab.advisor(clock) if lab.advisor else None
        self.nudges = Nudges()
        self.connection = Connection(local(lab.exchange.url), clock)
        data = BinanceMarket(self.connection)
        self.prices = LivePrices(data, clock, self.nursery)
        self.feed = Feed(data, clock, self.nursery)
        self.catalogue = CachedCatalogue(data)
        self.rulebook = Rulebook({HERE: self.catalogue}, {HERE: self.prices}, HERE, clock)
        self.broker = Broker(
            {HERE: self.connection},
            SqlKeyRing(storage, lab.vault),
            RowsPaperLedger(storage, self.rulebook),
            self.prices,
            clock,
        )
        self.engine = Engine(
            Parts(
                storage=storage,
                clock=clock,
                nursery=self.nursery,
                brokerage=self.broker,
                rulebook=self.rulebook,
                feeds={HERE: self.feed},
                times={
                    (HERE, Market.SPOT): Followed(self.connection.exchange_clock, clock),
                    (HERE, Market.FUTURES): self.connection.futures_clock,
                },
                modes=lab.modes,
                nudges=self.nudges,
                give_up=self.given_up.append,
                advising=Advising(self.advisor, 200, 2_000) if self.advisor else Advising(),
            )
        )

    async def begin(self):
        await self.engine.start()

    @property
    def jobs(self):
        """Work of the scheduler's table, by name."""
        return {job.name: job.work for job in self.engine._scheduler._jobs}

    async def crash(self):
        """Cut everything off where it stands."""
        scheduler = self.engine._scheduler
        if scheduler is not None and scheduler._scheduler.running:
            scheduler._scheduler.shutdown(wait=False)
        await self.nursery.close()
        await self.engine.close()
        await self.broker.close()
        await self.connection.close()
