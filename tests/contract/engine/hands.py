"""What a person, a judge or a slow line can do to the lab's bots, and waiting for what follows."""

import itertools
from dataclasses import replace
from decimal import Decimal

from engine.core.bot_config import BotConfig, Environment, Mode
from engine.core.bot_state import BotEvent, StopChoice, next_bot_state
from engine.core.market import StreamState
from engine.core.order import Leg, OrderEvent, move
from engine.core.position import ProtectionState
from engine.core.protect import cover_of
from engine.core.signal import Action, Signal
from engine.cycles.signal import Verdict
from engine.services import bots
from engine.services.office import Office


class Hands:
    """Acts on bots through the services and the cycles' own doors; ``Lab`` is the rest."""

    def __init__(self):
        self._candles = itertools.count(1)

    @property
    def office(self):
        """What the buttons' services are handed."""
        life = self.life
        return Office(
            storage=self.storage,
            clock=self.clock,
            wake=life.nudges,
            vault=self.vault,
            key_check=life.broker,
            insight=self.engine.insight,
            catalogues=life.rulebook.catalogues,
            prices=life.rulebook.prices,
            public=Environment.LOCAL,
            modes=self.modes,
            operators=frozenset(),
        )

    def sender(self, bot):
        return self.engine._accounts.keepers[bot.account].sender

    def hold(self, bot):
        """Let the bot's account send nothing new for now."""
        self.sender(bot).answers.hold.all_until = float("inf")

    def release(self, bot):
        """End the hold."""
        self.sender(bot).answers.hold.all_until = 0.0
        self.life.nudges.orders(bot.account)

    async def mark_sent(self, order):
        """What a kill between commit and socket leaves behind: SENT, and no byte written."""
        sent = move(order, OrderEvent.SEND, at=self.clock.now_ms())
        async with self.storage.system() as unit:
            await unit.orders.save(sent, was=order)
            await unit.commit()

    async def add_bot(self, name="Anna", *, started=True, key=0, **settings):
        """A bot with wide exits, running unless said otherwise."""
        mode = settings.setdefault("mode", Mode.LOCAL)
        settings = {"symbol": "BTCUSDT", "size": Decimal(100), "max_daily_trades": None} | settings
        config = BotConfig(name=name, key_id=self.keys[key] if mode.keyed else None, **settings)
        async with self.storage.of(self.account.id) as unit:
            bot = await unit.bots.add(config, self.clock.now_ms())
            if started:
                state = next_bot_state(bot.state, BotEvent.START)
                bot = await unit.bots.save(replace(bot, state=state))
            await unit.commit()
        if self.life is not None:
            self.life.nudges.bot(bot.id)
        return bot

    async def ready(self, bot):
        """Wait until the bot's candles, its account and a price are there."""
        member = await self.until(lambda: self.engine.fleet.members.get(bot.id))
        await self.until(lambda: self.engine.signals.follows(member))
        await self.until(lambda: bot.account in self.engine.readiness.accounts)
        stream = self.engine.fleet.stream_of(bot)
        last, symbol = self.world.market.last(bot.config.symbol), bot.config.symbol

        async def heard():
            if self.engine.readiness.stream(stream) in {StreamState.LIVE, StreamState.POLLING}:
                return True
            # Where time stands still a connection that was renewed is spoken to by nobody else.
            await self.control("price", symbol=symbol, price=str(last))
            return False

        await self.until(heard)
        await self.price(last, symbol)

    async def running(self, name="Anna", **settings):
        """A bot that is ready to act."""
        bot = await self.add_bot(name, **settings)
        await self.ready(bot)
        return bot

    def signal(self, action, bot):
        """Let the judge of the bot's stream say BUY or SELL of a candle just closed."""
        stream = self.engine.fleet.stream_of(bot)
        opened = self.clock.now_ms() - 60_000 + next(self._candles)
        price = float(self.world.market.last(bot.config.symbol))
        said = Signal(action, opened, price, "ema_cross_up", {"rsi": 55.0})
        judges = {member.judge for member in self.engine.fleet.on_stream(stream)}
        verdict = Verdict(stream, opened, dict.fromkeys(judges, said))
        self.engine.signals.verdicts.put_nowait(verdict)
        return verdict

    def buy(self, bot):
        return self.signal(Action.BUY, bot)

    def sell(self, bot):
        return self.signal(Action.SELL, bot)

    async def covered(self, bot):
        """Wait for the bot's position with its exits standing."""

        async def standing():
            position = await self.books.position(bot)
            if position is None or position.naked_since is not None:
                return None
            stops = cover_of(await self.books.orders(bot, Leg.STOP))
            told = position.protection is ProtectionState.STANDING
            return position if told and stops > 0 else None

        return await self.until(standing)

    async def stop(self, bot, choice=StopChoice.LEAVE):
        """Press Stop."""
        now = await self.books.bot(bot)
        return await bots.stop(self.office, self.account, bot.public_id, now.revision, choice)

    async def start(self, bot):
        """Press Start."""
        now = await self.books.bot(bot)
        return await bots.start(self.office, self.account, bot.public_id, now.revision)

    async def close_by_hand(self, bot):
        """Press Close now."""
        now, held = await self.books.bot(bot), await self.books.position(bot)
        reference = (bot.public_id, now.revision, held.id)
        return await bots.close(self.office, self.account, *reference)

    async def closed(self, bot):
        """Wait for the bot's position to be closed; returns its newest trade."""
        await self.until(lambda: self.books.trades(bot))
        # Memory follows the commit: only then may a next signal find the bot free.
        await self.until(lambda: self.engine.fleet.members[bot.id].position is None)
        return (await self.books.trades(bot))[-1]

    async def enter(self, bot):
        """Buy once the bot is free, and wait for cover; returns the position."""
        fleet = self.engine.fleet
        await self.until(lambda: not fleet.holding(fleet.members[bot.id]))
        self.buy(bot)
        return await self.covered(bot)
