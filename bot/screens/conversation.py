"""Typed text: the answer to the question in progress, or a friendly way back to the buttons."""

from dataclasses import replace

from bot.screen import Screen
from bot.screens import home, keys, limits, wizard
from bot.screens.context import Context
from bot.views import buttons
from bot.wizard.typed import looks_secret
from engine.core.account import Draft
from engine.services import drafts


async def typed(ctx: Context, text: str) -> Screen:
    """The screen that answers a typed message which is no command."""
    draft = await drafts.load(ctx.office, ctx.account)
    if draft is not None and draft.kind == keys.KIND and draft.step in keys.SECRET_STEPS:
        return await keys.text_typed(ctx, draft, text)
    if not text:
        return Screen(ctx.texts.say("chat.only_text"), ((buttons.home(ctx.texts),),))
    if looks_secret(text):
        note = ctx.texts.say("conversation.looks_secret")
        return replace(await home.show(ctx, note=note), forget_input=True)
    return await _answer(ctx, draft, text)


async def _answer(ctx: Context, draft: Draft | None, text: str) -> Screen:
    if draft is None:
        return await home.show(ctx, note=ctx.texts.say("conversation.use_buttons"))
    if draft.kind == keys.KIND:
        return await keys.text_typed(ctx, draft, text)
    if draft.kind == limits.KIND:
        return await limits.text_typed(ctx, draft, text)
    return await wizard.typed(ctx, draft, text)
