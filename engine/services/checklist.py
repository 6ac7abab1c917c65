"""Checklist: what each check would say of an entry of a bot at this moment."""

from dataclasses import dataclass

from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.checks import Checked
from engine.core.signal import Signal
from engine.services.bots import find
from engine.services.office import Office


@dataclass(frozen=True, slots=True)
class Checklist:
    """``checks`` in their order, None while too little is known to make them; ``last`` is what
    the strategy said of the last closed candle.
    """

    bot: Bot
    checks: tuple[Checked, ...] | None
    last: Signal | None


async def checklist(office: Office, account: Account, ref: str) -> Checklist:
    """The checks of a bot; raises ``NotFound``."""
    async with office.storage.reading(account.id) as unit:
        bot = await find(unit, ref)
    insight = office.insight
    return Checklist(bot, insight.checks(bot.id), insight.last_decision(bot.id))
