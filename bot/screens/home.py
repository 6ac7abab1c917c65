"""Home, status, help, and the way out of any question."""

from dataclasses import replace

from bot.actions import Action
from bot.screen import Screen
from bot.screens.context import Context
from bot.views import home as view
from bot.wizard.steps import KIND, park, unpark
from engine.core.account import Draft
from engine.services import drafts
from engine.services.home import home as read_home

PARKED = "parked"
"""Where another draft keeps the bot draft that it interrupted."""


async def show(ctx: Context, *, note: str = "", toast: str = "") -> Screen:
    """The first screen; ``note`` is an HTML line above it."""
    facts = await read_home(ctx.office, ctx.account)
    return replace(view.home(facts, ctx.account, ctx.texts, note=note), toast=toast)


async def cancel(ctx: Context) -> bool:
    """Leave the question in progress; a bot draft that a key draft interrupted comes back."""
    draft = await drafts.load(ctx.office, ctx.account)
    if draft is None:
        return False
    if PARKED in draft.data:
        at = ctx.office.clock.now_ms()
        await drafts.save(ctx.office, unpark(ctx.account.id, draft.data[PARKED], at))
    else:
        await drafts.drop(ctx.office, ctx.account)
    return True


def set_aside(before: Draft | None) -> dict[str, str]:
    """What another question keeps of the draft that it interrupts: a bot draft, as one text."""
    if before is None:
        return {}
    if before.kind == KIND:
        return {PARKED: park(before)}
    return {PARKED: before.data[PARKED]} if PARKED in before.data else {}


async def _home(ctx: Context, _action: Action) -> Screen:
    return await show(ctx)


async def _open(ctx: Context, _action: Action) -> Screen:
    return replace(await show(ctx), fresh=True)


async def _status(ctx: Context, _action: Action) -> Screen:
    return view.status(ctx.office.insight.health(), ctx.texts)


async def _help(ctx: Context, _action: Action) -> Screen:
    return view.help_page(ctx.account, ctx.texts)


async def _home_command(ctx: Context, _argument: str) -> Screen:
    return await show(ctx)


async def _status_command(ctx: Context, _argument: str) -> Screen:
    return view.status(ctx.office.insight.health(), ctx.texts)


async def _help_command(ctx: Context, _argument: str) -> Screen:
    return view.help_page(ctx.account, ctx.texts)


async def _cancel_command(ctx: Context, _argument: str) -> Screen:
    done = await cancel(ctx)
    key = "conversation.cancelled" if done else "conversation.nothing_to_cancel"
    return await show(ctx, note=ctx.texts.say(key))


ACTIONS = {
    ("h", "home"): _home,
    ("h", "open"): _open,
    ("h", "status"): _status,
    ("h", "help"): _help,
}
COMMANDS = {
    "/start": _home_command,
    "/home": _home_command,
    "/status": _status_command,
    "/help": _help_command,
    "/cancel": _cancel_command,
}
