"""Closed trades: pages and one in full."""

from dataclasses import replace

from bot.actions import Action
from bot.screen import Screen
from bot.screens.bots import page_of
from bot.screens.context import Context
from bot.views import trades as view
from engine.services import trades
from engine.services.bots import BY_ID

_LAST_PAGE = 1000


async def _list(ctx: Context, action: Action) -> Screen:
    ref, _, number = action.ref.rpartition(".")
    page = await trades.page(ctx.office, ctx.account, ref, min(page_of(number), _LAST_PAGE))
    return replace(view.trade_page(page, ctx.texts), fresh=ref.startswith(BY_ID))


async def _one(ctx: Context, action: Action) -> Screen:
    line = await trades.one(ctx.office, ctx.account, page_of(action.ref))
    return view.one_trade(line, ctx.texts)


async def _open(ctx: Context, action: Action) -> Screen:
    return replace(await _one(ctx, action), fresh=True)


async def _command(ctx: Context, _argument: str) -> Screen:
    return await _list(ctx, Action("t", "list"))


ACTIONS = {("t", "list"): _list, ("t", "one"): _one, ("t", "open"): _open}
COMMANDS = {"/trades": _command}
