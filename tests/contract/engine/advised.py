"""AI bots in the lab, and the stub model that they ask."""

from contextlib import asynccontextmanager

from engine.advisors.openai_compatible import OpenAiCompatible
from tests.contract.engine.lab import opened
from tests.fakes.model import serving, verdict

EVERY = {"strategy": "ai", "params": {"ask": "every"}, "stop_loss": 1, "take_profit": 2}
DOWN = {"status": 503}


def says(signal="BUY", confidence=80, **changes):
    """A model that knows the price that it was shown."""
    return lambda asked: verdict(signal, confidence, asked["price"], asked["symbol"], **changes)


@asynccontextmanager
async def advised(place, *script):
    """A lab whose AI bots ask a stub."""
    async with serving(*script) as stub, opened(place) as lab:
        lab.advisor = lambda clock: OpenAiCompatible(stub.url, stub.model, "key-0123456789", clock)
        await lab.begin()
        yield lab, stub


async def judged(lab, bot):
    """Let one candle close; returns what the judge said of it."""
    opened_at = lab.exchange.clock.now()
    await lab.advance(60)

    def said():
        last = lab.engine.insight.last_decision(bot.id)
        return last if last is not None and last.candle_open >= opened_at else None

    return await lab.until(said)


async def analyses(lab):
    async with lab.storage.reading() as unit:
        return await unit.analyses.recent(limit=50)


async def said_next(lab, bot):
    opened_at = lab.exchange.clock.now()

    def said():
        last = lab.engine.insight.last_decision(bot.id)
        return last if last is not None and last.candle_open >= opened_at else None

    return await lab.until(said)
