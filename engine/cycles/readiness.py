"""Readiness: what must be in order before an entry may be sent."""

from dataclasses import dataclass, field

from engine.core.bot import Bot
from engine.core.bot_config import Environment
from engine.core.market import Market, StreamState
from engine.cycles.fleet import EnvStream
from engine.market.feed import Feed
from engine.ports.clock import ExchangeTime

Place = tuple[Environment, Market]


@dataclass(slots=True)
class Readiness:
    """Streams, clocks and accounts at a glance; accounts are ready once they are reconciled.

    ``verified`` is when (market ms) an account was last read after a panic had emptied it.
    """

    feeds: dict[Environment, Feed]
    times: dict[Place, ExchangeTime]
    accounts: set[str] = field(default_factory=set)
    verified: dict[str, int] = field(default_factory=dict)

    def stream(self, stream: EnvStream) -> StreamState | None:
        """State of a candle stream, None while nobody follows it."""
        feed = self.feeds.get(stream[0])
        return feed.state(stream[1]) if feed else None

    def account(self, account: str) -> bool:
        """Whether the account's rows agree with the exchange since its stream was opened."""
        return account in self.accounts

    def entry(self, bot: Bot, stream: EnvStream) -> bool:
        """Whether account, candle stream and clock are in order for an entry at this moment."""
        heard = self.stream(stream) in {StreamState.LIVE, StreamState.POLLING}
        return heard and self.account(bot.account) and self.clock(bot)

    def clock(self, bot: Bot) -> bool:
        """Whether our clock is near enough to the exchange's; paper needs none."""
        if not bot.config.mode.keyed:
            return True
        time = self.times.get((Environment(bot.config.mode.value), bot.config.market))
        return time is not None and time.ok
