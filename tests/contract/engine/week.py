"""Days in the lab: instants by their wall clock, passing time, and what the chat then reads."""

from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.texts import Texts
from bot.views.alerts import draw
from engine.core.bot_state import BotState
from engine.core.events import OutboxRow, OutboxState
from engine.exchange.simulator.server import DemoAccount
from engine.services import limits
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened
from tests.unit.bot_content.chat import plain

BERLIN = "Europe/Berlin"
# The market goes on while time does: exits so far away are not met.
FAR = {"stop_loss": Decimal(40), "take_profit": Decimal(90)}
JOBS = ("reconcile", "account limits", "time-out", "transfers", "paused bots")
# Time that jumps breaks lines, and they are made anew.
_LINES = {"reconciled", "stream", "clock"}
_TEXTS = Texts()


def at(wall, zone="UTC"):
    """An instant, ms UTC, by the wall clock of a zone: ``2026-10-25 09:00``."""
    return int(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@asynccontextmanager
async def beginning(path, wall, zone="UTC", *, futures=MONEY, **options):
    """A lab whose engine begins at that wall clock, with money in both wallets of either key."""
    start = at(wall, zone)
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=futures) for key in KEYS)
    async with opened(path, **{"start_ms": start, "accounts": accounts} | options) as lab:
        lab.clock.set(start)
        await lab.begin()
        yield lab


async def move_to(lab, wall, zone="UTC"):
    """Let time pass until that wall clock; then what runs by itself has run once."""
    await lab.advance((at(wall, zone) - lab.clock.now_ms()) / 1000)
    await run_jobs(lab)


async def run_jobs(lab):
    """What the scheduler runs at least once a minute."""
    for name in JOBS:
        await lab.job(name)


async def set_limits(lab, **values):
    """Set limits of all bots as the chat does, and wait until the engine knows them."""
    for name, value in values.items():
        await limits.change(lab.office, lab.account, name, value)
    await lab.job("account limits")


async def is_in(lab, bot, state):
    """Wait for a bot's state, in the rows and in memory; returns its row."""

    async def there():
        row = await lab.books.bot(bot)
        known = lab.engine.fleet.members[bot.id].bot.state
        return row if row.state is state and known is state else None

    return await lab.until(there)


async def paused(lab, bot):
    return await is_in(lab, bot, BotState.PAUSED)


async def reads(lab, kind):
    """What the user reads of all alerts of a kind, oldest first."""
    alerts = await lab.books.alerts(kind)
    rows = (OutboxRow(1, alert, OutboxState.CLAIMED, 1, 0, lab.clock.now_ms()) for alert in alerts)
    return [plain(draw(row, _TEXTS)) for row in rows]


async def enters(lab, bot):
    """Signal BUY until it is followed; returns the covered position."""
    refused = await _says_of_a_buy(lab, bot)
    assert refused is None, refused
    return await lab.covered(bot)


async def refuses(lab, bot):
    """Signal BUY to a bot that must not enter; returns the check that said so."""
    refused = await _says_of_a_buy(lab, bot)
    assert refused is not None, "it was followed"
    return refused


async def _says_of_a_buy(lab, bot):
    """What refused a BUY, None when nothing did; a line that broke over time is waited for."""
    while True:
        await lab.ready(bot)
        said = lab.buy(bot)

        async def judged(said=said):
            async with lab.storage.reading() as unit:
                row = await unit.signals.last(bot.id)
            return row if row and row.signal.candle_open == said.open_time else None

        refused = (await lab.until(judged)).refused
        if refused is None or refused.check not in _LINES:
            return refused
