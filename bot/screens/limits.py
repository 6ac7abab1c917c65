"""Account limits: each with its measured value; tapped or typed anew, looser only when confirmed.

The question stands in a draft, so it survives a restart. It sets a half-made bot aside, which
comes back when the question is answered or left.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.screens import home
from bot.screens.context import Context
from bot.views import limits as view
from bot.wizard.bounds import OFF
from bot.wizard.limits import LIMITS, read
from engine.core.account import Draft
from engine.core.errors import InvalidValue, SkipperError
from engine.services import drafts, limits
from engine.services.rights import require_trader

KIND = "limit"

Step = Callable[[Context, Action, Draft], Awaitable[Screen]]


async def show(ctx: Context, *, toast: str = "") -> Screen:
    """All limits as they are now."""
    facts = await limits.look(ctx.office, ctx.account)
    return view.limits(facts, ctx.account, ctx.texts, toast=toast)


async def ask(ctx: Context, draft: Draft, *, error: SkipperError | None = None) -> Screen:
    """The question that stands in the draft."""
    now = await limits.look(ctx.office, ctx.account)
    return view.question(draft, now.limits, ctx.texts, error=error)


async def text_typed(ctx: Context, draft: Draft, text: str) -> Screen:
    """The screen after a typed answer."""
    require_trader(ctx.account)
    return await _answered(ctx, draft, text, sure=False)


async def _show(ctx: Context, _action: Action) -> Screen:
    return await show(ctx)


async def _ask(ctx: Context, action: Action) -> Screen:
    require_trader(ctx.account)
    if action.ref not in LIMITS:
        return await show(ctx, toast=ctx.texts.plain("error.stale"))
    before = await drafts.load(ctx.office, ctx.account)
    at = ctx.office.clock.now_ms()
    revision = (before.revision if before else at // 1000) + 1
    kept = home.set_aside(before)
    draft = Draft(ctx.account.id, KIND, action.ref, kept, revision, at, expects=action.ref)
    await drafts.save(ctx.office, draft)
    return await ask(ctx, draft)


def _checked(step: Step) -> Callable[[Context, Action], Awaitable[Screen]]:
    """Wrap a step: right role, the question still open, and a button that belongs to it."""

    async def run(ctx: Context, action: Action) -> Screen:
        require_trader(ctx.account)
        draft = await drafts.load(ctx.office, ctx.account)
        if draft is None or draft.kind != KIND or action.rev != rev_of(draft.revision):
            return await show(ctx, toast=ctx.texts.plain("error.stale"))
        return await step(ctx, action, draft)

    return run


def _set(*, sure: bool) -> Step:
    async def step(ctx: Context, action: Action, draft: Draft) -> Screen:
        name, _, raw = action.ref.partition(".")
        if name != draft.step:
            return await show(ctx, toast=ctx.texts.plain("error.stale"))
        return await _answered(ctx, draft, raw, sure=sure)

    return step


async def _answered(ctx: Context, draft: Draft, raw: str, *, sure: bool) -> Screen:
    """Take an answer; what loosens a limit is asked for once more."""
    name, now = draft.step, (await limits.look(ctx.office, ctx.account)).limits
    try:
        value = read(name, raw)
        if not sure and limits.loosens(now, LIMITS[name].field, value):
            return view.confirm(draft, _plain(value), now, value, ctx.texts)
        await limits.change(ctx.office, ctx.account, LIMITS[name].field, value)
    except InvalidValue as invalid:
        return await ask(ctx, draft, error=invalid)
    await home.cancel(ctx)
    return await show(ctx, toast=ctx.texts.plain("limits.saved"))


def _plain(value: limits.Value) -> str:
    """A value as a button carries it."""
    return OFF if value is None else str(value)


async def _back(ctx: Context, _action: Action, _draft: Draft) -> Screen:
    await home.cancel(ctx)
    return await show(ctx)


async def _open(ctx: Context, _action: Action) -> Screen:
    return replace(await show(ctx), fresh=True)


async def _command(ctx: Context, _argument: str) -> Screen:
    return await show(ctx)


ACTIONS = {
    ("l", "show"): _show,
    ("l", "open"): _open,
    ("l", "ask"): _ask,
    ("l", "set"): _checked(_set(sure=False)),
    ("l", "yes"): _checked(_set(sure=True)),
    ("l", "back"): _checked(_back),
}
COMMANDS = {"/limits": _command}
