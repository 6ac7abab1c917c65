"""Statistics of closed trades: one's own, a bot's, everybody's; by range and by period."""

import re
from collections.abc import Awaitable, Callable

from bot.actions import Action
from bot.screen import Screen
from bot.screens.context import Context
from bot.views import statistics as view
from engine.core.bot_config import Mode
from engine.core.errors import InvalidValue
from engine.core.statistics.periods import Period
from engine.services import statistics
from engine.services.statistics import MOST_DAYS, MOST_PERIODS, Asked, Purse

_DAYS = re.compile(r"([1-9][0-9]{0,2})d")
_SHOWN = {Period.DAY: 14, Period.WEEK: 12, Period.MONTH: 12}


def _parsed(ref: str) -> tuple[Asked, int | None]:
    """What a button asks for; what it does not say is all trades of the first purse."""
    scope, _, rest = ref.partition(".")
    span, _, name = rest.partition(".")
    days = _DAYS.fullmatch(span)
    mode, _, quote = name.partition("-")
    purse = Purse(Mode(mode), quote) if mode in set(Mode) else None
    return Asked(scope, purse), int(days[1]) if days else None


async def _summary(ctx: Context, action: Action) -> Screen:
    asked, days = _parsed(action.ref)
    return await _sum(ctx, asked, days)


async def _sum(ctx: Context, asked: Asked, days: int | None) -> Screen:
    made = await statistics.report(ctx.office, ctx.account, asked, days)
    if made is None:
        return view.nothing(asked.scope, ctx.account, ctx.texts)
    return view.summary(made, ctx.account, ctx.texts)


async def _more(ctx: Context, action: Action) -> Screen:
    asked, days = _parsed(action.ref)
    made = await statistics.report(ctx.office, ctx.account, asked, days)
    if made is None:
        return view.nothing(asked.scope, ctx.account, ctx.texts)
    return view.details(made, ctx.texts)


async def _periods(ctx: Context, asked: Asked, period: Period, count: int) -> Screen:
    made = await statistics.calendar(ctx.office, ctx.account, asked, period, count)
    if made is None:
        return view.nothing(asked.scope, ctx.account, ctx.texts)
    return view.by_period(made, ctx.texts)


def _tapped(period: Period) -> Callable[[Context, Action], Awaitable[Screen]]:
    async def act(ctx: Context, action: Action) -> Screen:
        asked, _ = _parsed(action.ref)
        return await _periods(ctx, asked, period, _SHOWN[period])

    return act


def _typed(period: Period) -> Callable[[Context, str], Awaitable[Screen]]:
    async def command(ctx: Context, argument: str) -> Screen:
        count = _number(ctx, argument, MOST_PERIODS) or _SHOWN[period]
        return await _periods(ctx, Asked(), period, count)

    return command


async def _profit_command(ctx: Context, argument: str) -> Screen:
    return await _sum(ctx, Asked(), _number(ctx, argument, MOST_DAYS))


async def _stats_command(ctx: Context, _argument: str) -> Screen:
    return await _more(ctx, Action(view.AREA, "more"))


def _number(ctx: Context, argument: str, most: int) -> int | None:
    """The number after a command, None without one; raises ``InvalidValue``."""
    if not argument:
        return None
    field = ctx.texts.plain("statistics.number")
    if not (argument.isascii() and argument.isdigit()):
        raise InvalidValue(field, argument, "not_whole", low=1, high=most)
    if len(argument) > len(str(most)) or not 1 <= int(argument) <= most:
        raise InvalidValue(field, argument, "range", low=1, high=most)
    return int(argument)


ACTIONS = {
    (view.AREA, "sum"): _summary,
    (view.AREA, "more"): _more,
    **{(view.AREA, period.value): _tapped(period) for period in Period},
}
COMMANDS = {
    "/profit": _profit_command,
    "/stats": _stats_command,
    "/daily": _typed(Period.DAY),
    "/weekly": _typed(Period.WEEK),
    "/monthly": _typed(Period.MONTH),
}
