"""Wiring: which implementation stands behind each port."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.advisors.making import make_advisor
from engine.core.market import Market
from engine.cycles.analyst import Advising
from engine.cycles.engine import Engine, Parts
from engine.cycles.nudges import Nudges
from engine.cycles.paper_ledger import RowsPaperLedger
from engine.cycles.rulebook import Rulebook
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import endpoints_of
from engine.exchange.binance.market import BinanceMarket
from engine.exchange.broker import Broker
from engine.market.catalogue import CachedCatalogue
from engine.market.feed import Feed
from engine.market.prices import LivePrices
from engine.ports.account import Vault
from engine.ports.advisor import AdvisorTerms
from engine.runtime.ai_settings import AiSection
from engine.runtime.clock import Followed, MarketClock
from engine.runtime.nursery import Nursery
from engine.runtime.settings import Settings
from engine.services.office import Office
from storage.unit_of_work import SqlStorage
from storage.vault import SqlKeyRing


@dataclass(frozen=True, slots=True)
class Memory:
    """What remembers: the storage, and the vault that opens its secrets."""

    storage: SqlStorage
    vault: Vault


@dataclass(frozen=True, slots=True)
class House:
    """The wired engine and what the chat needs of it; nothing runs yet."""

    settings: Settings
    memory: Memory
    clock: MarketClock
    nursery: Nursery
    connection: Connection
    broker: Broker
    rulebook: Rulebook
    nudges: Nudges
    followed: Followed
    engine: Engine

    def office(self, bot_username: str) -> Office:
        """What every service function is handed."""
        return Office(
            storage=self.memory.storage,
            clock=self.clock,
            wake=self.nudges,
            vault=self.memory.vault,
            key_check=self.broker,
            insight=self.engine.insight,
            catalogues=self.rulebook.catalogues,
            prices=self.rulebook.prices,
            public=self.rulebook.public,
            modes=self.settings.exchange.modes,
            operators=frozenset(self.settings.telegram.operators),
            bot_username=bot_username,
            ai=offered(self.settings.ai),
            transfers=self.settings.exchange.allow_transfers,
            floor=self.settings.limits.floor,
        )


def offered(ai: AiSection) -> AdvisorTerms | None:
    """What users are told of the model, None where none can be asked."""
    return AdvisorTerms(ai.provider, ai.asked_model, ai.calls_per_user) if ai.on else None


def advising(ai: AiSection, clock: MarketClock) -> Advising:
    """Whom AI bots ask; raises ConfigError where the key is missing."""
    return Advising(make_advisor(ai, clock), ai.calls_per_user, ai.calls_per_day, ai.prices)


def build(
    settings: Settings, memory: Memory, nursery: Nursery, give_up: Callable[[str], None]
) -> House:
    """Wire everything behind the engine; must be called inside the running event loop.

    ``give_up`` is called with the reason when the service must end.
    """
    public = settings.exchange.environment
    clock = MarketClock(settings.exchange.clock_rate)
    connection = Connection(endpoints_of(public, settings.exchange.base_url or ""), clock)
    data = BinanceMarket(connection)
    prices = LivePrices(data, clock, nursery)
    rulebook = Rulebook({public: CachedCatalogue(data)}, {public: prices}, public, clock)
    keys, paper = (
        SqlKeyRing(memory.storage, memory.vault),
        RowsPaperLedger(memory.storage, rulebook),
    )
    broker = Broker({public: connection}, keys, paper, prices, clock)
    nudges = Nudges()
    spot, futures = connection.exchange_clock, connection.futures_clock
    followed = Followed(spot, clock, (spot, futures))
    engine = Engine(
        Parts(
            storage=memory.storage,
            clock=clock,
            nursery=nursery,
            brokerage=broker,
            rulebook=rulebook,
            feeds={public: Feed(data, clock, nursery)},
            times={(public, Market.SPOT): followed, (public, Market.FUTURES): futures},
            modes=settings.exchange.modes,
            nudges=nudges,
            give_up=give_up,
            floor=settings.limits.floor,
            advising=advising(settings.ai, clock),
        )
    )
    connection.listen(
        lambda stop: engine.operators.exchange_stopped(stop.product, stop.reason, stop.seconds)
    )
    return House(
        settings, memory, clock, nursery, connection, broker, rulebook, nudges, followed, engine
    )
