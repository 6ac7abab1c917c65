"""The bot list, the bot card and the acts on a bot.

A button may be a month old: every act compares the revision that it carries with the bot's, and
when they differ it does nothing but show the fresh card.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.screens.context import Context
from bot.views import bots as view
from bot.views.card import card as draw
from engine.core.bot_config import Mode
from engine.core.bot_state import StopChoice
from engine.core.errors import Stale
from engine.services import bots, cards
from engine.services.bots import BY_ID
from engine.services.cards import BotCard
from engine.services.rights import require_trader

Handler = Callable[[Context, Action], Awaitable[Screen]]
Act = Callable[[Context, Action, BotCard], Awaitable[Screen]]


async def show(ctx: Context, ref: str, *, toast: str = "") -> Screen:
    """The card of a bot as it is now."""
    facts = await cards.card(ctx.office, ctx.account, ref)
    screen = draw(facts, ctx.account, ctx.texts, toast=toast)
    return replace(screen, fresh=ref.startswith(BY_ID))


async def listed(ctx: Context, chosen: str, page: int, *, toast: str = "") -> Screen:
    """A page of the list."""
    lines = await cards.lines(ctx.office, ctx.account)
    known = chosen if chosen in view.FILTERS else "all"
    return replace(view.bot_list(lines, known, page, ctx.account, ctx.texts), toast=toast)


def page_of(text: str) -> int:
    """Page number out of callback data; the first page for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _checked(
    act: Act, *, question: bool = False
) -> Callable[[Context, Action], Awaitable[Screen]]:
    """Wrap an act: right role, fresh revision. A ``question`` also opens without a revision."""

    async def run(ctx: Context, action: Action) -> Screen:
        require_trader(ctx.account)
        ref = action.ref.partition(".")[0] if not action.ref.startswith(BY_ID) else action.ref
        facts = await cards.card(ctx.office, ctx.account, ref)
        unasked = question and not action.rev
        if not unasked and action.rev != rev_of(facts.bot.revision):
            return await show(ctx, ref, toast=ctx.texts.plain("error.stale"))
        try:
            screen = await act(ctx, action, facts)
        except Stale:
            return await show(ctx, ref, toast=ctx.texts.plain("error.stale"))
        return replace(screen, fresh=screen.fresh or ref.startswith(BY_ID))

    return run


async def _list(ctx: Context, action: Action) -> Screen:
    chosen, _, page = action.ref.partition(".")
    return await listed(ctx, chosen, page_of(page))


async def _command(ctx: Context, _argument: str) -> Screen:
    return await listed(ctx, "all", 0)


async def _card(ctx: Context, action: Action) -> Screen:
    return await show(ctx, action.ref)


async def start_now(ctx: Context, facts: BotCard) -> Screen:
    """Start a bot and show its card."""
    bot = facts.bot
    await bots.start(ctx.office, ctx.account, bot.public_id, bot.revision)
    return await show(ctx, bot.public_id, toast=ctx.texts.plain("toast.started"))


async def _start(ctx: Context, _action: Action, facts: BotCard) -> Screen:
    if facts.bot.config.mode is Mode.LIVE:
        return view.live_question(facts.bot, ctx.texts)
    return await start_now(ctx, facts)


async def _start_yes(ctx: Context, _action: Action, facts: BotCard) -> Screen:
    return await start_now(ctx, facts)


async def _stop(ctx: Context, action: Action, facts: BotCard) -> Screen:
    if facts.holding is not None:
        return view.stop_question(facts, ctx.texts)
    return await _stop_with(StopChoice.LEAVE)(ctx, action, facts)


def _stop_with(choice: StopChoice) -> Act:
    async def act(ctx: Context, _action: Action, facts: BotCard) -> Screen:
        bot = facts.bot
        await bots.stop(ctx.office, ctx.account, bot.public_id, bot.revision, choice)
        return await show(ctx, bot.public_id, toast=ctx.texts.plain("toast.stopped"))

    return act


async def _close(ctx: Context, _action: Action, facts: BotCard) -> Screen:
    if facts.holding is None:
        raise Stale("nothing to close")
    return view.close_question(facts, facts.holding.position, ctx.texts)


async def _close_yes(ctx: Context, action: Action, facts: BotCard) -> Screen:
    _, _, position = action.ref.partition(".")
    bot = facts.bot
    await bots.close(ctx.office, ctx.account, bot.public_id, bot.revision, page_of(position))
    return await show(ctx, bot.public_id, toast=ctx.texts.plain("toast.closing"))


async def _delete(ctx: Context, _action: Action, facts: BotCard) -> Screen:
    return view.delete_question(facts.bot, ctx.texts)


async def _delete_yes(ctx: Context, _action: Action, facts: BotCard) -> Screen:
    bot = facts.bot
    await bots.delete(ctx.office, ctx.account, bot.public_id, bot.revision)
    return await listed(ctx, "all", 0, toast=ctx.texts.plain("toast.deleted"))


ACTIONS = {
    ("b", "list"): _list,
    ("b", "card"): _card,
    ("b", "start"): _checked(_start),
    ("b", "start_yes"): _checked(_start_yes),
    ("b", "stop"): _checked(_stop),
    ("b", "stop_leave"): _checked(_stop_with(StopChoice.LEAVE)),
    ("b", "stop_close"): _checked(_stop_with(StopChoice.CLOSE)),
    ("b", "stop_keep"): _checked(_stop_with(StopChoice.KEEP)),
    ("b", "close"): _checked(_close, question=True),
    ("b", "close_yes"): _checked(_close_yes),
    ("b", "delete"): _checked(_delete),
    ("b", "delete_yes"): _checked(_delete_yes),
}
COMMANDS = {"/bots": _command}
