"""A whole week on real candles: every strategy, both markets, seven midnights, a kill."""

from decimal import Decimal

from engine.core.bot_config import Direction, Mode
from engine.core.hours import TradingHours
from engine.core.market import Market, StreamState, Timeframe
from engine.core.position import ExitReason
from engine.exchange.simulator.futures import keys
from engine.services import panic
from tests.contract.engine.lab import KEYS, MONEY
from tests.contract.engine.recount import (
    days_agree,
    money_agrees,
    replayed,
    statistics_agree,
)
from tests.contract.engine.rest import come_to_rest, faults_of
from tests.contract.engine.week import BERLIN, at, beginning, reads, run_jobs, set_limits

BEGIN, END = "2026-10-19 22:00", "2026-10-27 01:00"
STRIDE = Timeframe.M30
SETTLED = 360
EXITS = {"stop_loss": Decimal("0.8"), "take_profit": Decimal("1.2"), "timeframe": STRIDE}
LEVERED = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 3,
    "size": Decimal(200),
    "max_position": Decimal(50),
    "max_daily_trades": 4,
}
HOURS = TradingHours(start="06:00", end="22:00", zone=BERLIN)
EAGER = {"rsi_period": 7, "oversold": 40.0, "overbought": 60.0}
FLEET = (
    {
        "strategy": "ema_cross",
        "symbol": "BTCUSDT",
        "max_daily_trades": 3,
        "max_holding_minutes": 60,
        "stop_loss": Decimal(5),
        "take_profit": Decimal(8),
    },
    {"strategy": "ema_rsi", "symbol": "ETHUSDT", "trailing_stop": Decimal("0.5")},
    {"strategy": "rsi_sma", "symbol": "SOLUSDT", "params": EAGER},
    {"strategy": "macd", "symbol": "BTCUSDT", "max_daily_loss": Decimal(3), **LEVERED},
    {"strategy": "bollinger", "symbol": "ETHUSDT", "trading_hours": HOURS, **LEVERED},
    {"strategy": "ema_cross", "symbol": "SOLUSDT", "mode": Mode.PAPER, "cooldown_minutes": 60},
)


async def _passes(lab, until):
    """Candle by candle: each is judged, and what follows it answered, before the next one."""
    while lab.clock.now_ms() < until:
        await lab.advance(STRIDE.ms / 1000)
        await lab.until(lambda: _judged(lab))
        await lab.until(lambda: _sent(lab))
        if lab.clock.now_ms() % 3_600_000 == 0:
            await run_jobs(lab)


def _judged(lab):
    """Whether every stream that is heard has told its newest candle, and all are decided."""
    last, signals = lab.clock.now_ms() - STRIDE.ms, lab.engine.signals
    heard = all(
        (panel.heard or 0) >= last
        for stream, panel in signals._panels.items()
        if lab.engine.readiness.stream(stream) is StreamState.LIVE
    )
    return heard and signals.verdicts.empty() and not lab.engine._deciding._one_at_a_time.locked()


async def _sent(lab):
    bots = [member.bot.id for member in lab.engine.fleet.members.values()]
    async with lab.storage.reading() as unit:
        orders = await unit.orders.unfinished_of(bots)
    return not any(order.state.value in {"planned", "sent", "unknown"} for order in orders)


async def test_a_week_of_all_strategies_ends_in_books_that_the_exchange_shares(place, monkeypatch):
    # A day passes in seconds of real time, which is what extends the keys of account streams.
    monkeypatch.setattr(keys, "LIFE_MS", 8 * 86_400_000)
    async with beginning(place, BEGIN, BERLIN) as lab:
        await set_limits(lab, zone=BERLIN, own_day=True)
        bots = [await lab.running(f"bot {n}", **EXITS | bot) for n, bot in enumerate(FLEET)]
        await _passes(lab, at("2026-10-22 23:30", BERLIN))
        await lab.restart()
        for bot in bots:
            await lab.until(lambda bot=bot: bot.account in lab.engine.readiness.accounts)
        await _passes(lab, at(END, BERLIN))
        await panic.panic(lab.office, lab.account, close=True)
        assert await come_to_rest(lab) == []
        # Payments of funding are told with a delay, after what they belong to was closed.
        await lab.advance(SETTLED)
        await lab.job("reconcile")
        assert await faults_of(lab) == []
        await lab.agree()
        await replayed(lab)
        assert len(await days_agree(lab, BERLIN)) >= 7
        await statistics_agree(lab, bots)
        await money_agrees(lab, KEYS[0], MONEY["USDT"])
        trades = await lab.books.trades()
        assert {trade.bot_id for trade in trades} == {bot.id for bot in bots}
        assert {ExitReason.STOP_LOSS, ExitReason.TAKE_PROFIT, ExitReason.TIMEOUT} <= {
            trade.reason for trade in trades
        }
        assert len(await reads(lab, "bot_paused")) >= len(await reads(lab, "bot_resumed")) > 0
