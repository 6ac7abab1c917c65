"""The checks before an entry, from the bot card."""

from bot.actions import Action
from bot.screen import Screen
from bot.screens.context import Context
from bot.views.checks import checks as draw
from engine.services.checklist import checklist


async def _why(ctx: Context, action: Action) -> Screen:
    return draw(await checklist(ctx.office, ctx.account, action.ref), ctx.texts)


ACTIONS = {("b", "why"): _why}
