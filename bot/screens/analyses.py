"""Why an AI bot did what it did: its model's verdicts, one in full, question and answer."""

from dataclasses import replace

from bot.actions import Action
from bot.screen import Screen
from bot.screens.bots import page_of
from bot.screens.context import Context
from bot.views import analyses as view
from engine.services import analyses
from engine.services.bots import BY_ID

_LAST_PAGE = 1000


async def _list(ctx: Context, action: Action) -> Screen:
    ref, _, number = action.ref.rpartition(".")
    page = await analyses.page(ctx.office, ctx.account, ref, min(page_of(number), _LAST_PAGE))
    return replace(view.analyses_page(page, ctx.texts), fresh=ref.startswith(BY_ID))


async def _one(ctx: Context, action: Action) -> Screen:
    ref, _, number = action.ref.rpartition(".")
    analysis = await analyses.one(ctx.office, ctx.account, page_of(number))
    return view.one_analysis(analysis, ref, ctx.texts)


async def _text(ctx: Context, action: Action) -> Screen:
    place, _, number = action.ref.rpartition(".")
    ref, _, analysis_id = place.rpartition(".")
    analysis = await analyses.one(ctx.office, ctx.account, page_of(analysis_id))
    return view.full_text(analysis, ref, page_of(number), ctx.texts)


ACTIONS = {("ai", "list"): _list, ("ai", "one"): _one, ("ai", "text"): _text}
