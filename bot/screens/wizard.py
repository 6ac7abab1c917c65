"""The new-bot conversation: what its pure table needs to know, and what it leads to."""

from collections.abc import Awaitable, Callable

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.screens import bots as bot_screens
from bot.screens import home, keys, limits
from bot.screens.context import Context
from bot.views import wizard as view
from bot.views.bots import live_question
from bot.views.presets import PERCENT_SIGN
from bot.wizard import steps
from bot.wizard.amounts import capped_leverage
from bot.wizard.bounds import Facts, get
from bot.wizard.config import settled
from engine.core.account import Draft
from engine.core.bot import Bot
from engine.core.bot_config import Mode
from engine.core.errors import InvalidValue, SkipperError
from engine.core.market import Market
from engine.services import bots, drafts, symbols
from engine.services.offers import offer
from engine.services.rights import require_trader

Step = Callable[[Context, Action, Draft], Awaitable[Screen]]


async def show(
    ctx: Context,
    draft: Draft,
    *,
    facts: Facts | None = None,
    error: SkipperError | None = None,
    toast: str = "",
    note: str = "",
) -> Screen:
    """The question that stands in the draft."""
    if facts is None:
        facts = await _facts(ctx, draft)
    top = symbols.top(ctx.office, _market(draft)) if draft.step == "symbol" else ()
    return view.question(draft, facts, ctx.texts, top=top, error=error, toast=toast, note=note)


async def typed(ctx: Context, draft: Draft, text: str) -> Screen:
    """The screen after a typed answer; a refused one gives it back and loses nothing."""
    require_trader(ctx.account)
    return await _answered(ctx, steps.present(draft), text)


async def _new(ctx: Context, _action: Action) -> Screen:
    require_trader(ctx.account)
    draft = await drafts.load(ctx.office, ctx.account)
    if draft is not None and (draft.kind == steps.KIND or home.PARKED in draft.data):
        return view.draft_exists(draft, ctx.texts)
    return await _begin(ctx, draft)


async def _begin(ctx: Context, before: Draft | None) -> Screen:
    # Revisions go on counting, so that buttons of an earlier draft are old.
    revision = (before.revision if before else ctx.office.clock.now_ms() // 1000) + 1
    return await _keep(ctx, steps.begin(ctx.account.id, ctx.office.clock.now_ms(), revision))


async def _over(ctx: Context, action: Action) -> Screen:
    require_trader(ctx.account)
    draft = await drafts.load(ctx.office, ctx.account)
    if draft is None or rev_of(draft.revision) != action.rev:
        return await home.show(ctx, toast=ctx.texts.plain("error.stale"))
    return await _begin(ctx, draft)


async def _resume(ctx: Context, _action: Action) -> Screen:
    require_trader(ctx.account)
    draft = await drafts.load(ctx.office, ctx.account)
    if draft is None:
        return await home.show(ctx, toast=ctx.texts.plain("error.stale"))
    if draft.kind == limits.KIND:
        return await limits.ask(ctx, draft)
    if draft.kind != steps.KIND:
        return keys.show(ctx, draft)
    return await show(ctx, steps.present(draft))


def _checked(step: Step) -> Callable[[Context, Action], Awaitable[Screen]]:
    """Wrap a step: right role, a draft, and a button that belongs to its question."""

    async def run(ctx: Context, action: Action) -> Screen:
        require_trader(ctx.account)
        draft = await drafts.load(ctx.office, ctx.account)
        if draft is None or draft.kind != steps.KIND:
            return await home.show(ctx, toast=ctx.texts.plain("error.stale"))
        draft = steps.present(draft)
        if action.rev != rev_of(draft.revision):
            return await show(ctx, draft, toast=ctx.texts.plain("error.stale"))
        return await step(ctx, action, draft)

    return run


async def _set(ctx: Context, action: Action, draft: Draft) -> Screen:
    ref = action.ref
    if draft.step == "size":
        ref = ref.replace(PERCENT_SIGN, "%")
    return await _answered(ctx, draft, ref)


async def _answered(ctx: Context, draft: Draft, raw: str) -> Screen:
    facts = await _facts(ctx, draft, raw)
    try:
        after = steps.answer(draft, raw, facts, ctx.office.clock.now_ms())
    except InvalidValue as invalid:
        return await show(ctx, draft, facts=facts, error=invalid)
    capped = draft.step == "leverage" and capped_leverage(raw)[1]
    return await _keep(ctx, after, note="wizard.capped" if capped else "")


async def _next(ctx: Context, _action: Action, draft: Draft) -> Screen:
    facts = await _facts(ctx, draft, draft.data.get(draft.step, ""))
    try:
        after = steps.onward(draft, facts, ctx.office.clock.now_ms())
    except InvalidValue as invalid:
        return await show(ctx, draft, facts=facts, error=invalid)
    return await _keep(ctx, after)


async def _at(ctx: Context, action: Action, draft: Draft) -> Screen:
    return await _keep(ctx, steps.jump(draft, action.ref, ctx.office.clock.now_ms()))


async def _back(ctx: Context, _action: Action, draft: Draft) -> Screen:
    before = steps.back(draft, ctx.office.clock.now_ms())
    return await home.show(ctx) if before is None else await _keep(ctx, before)


async def _cancel(ctx: Context, _action: Action, _draft: Draft) -> Screen:
    await home.cancel(ctx)
    return await home.show(ctx, toast=ctx.texts.plain("conversation.cancelled"))


async def _create(ctx: Context, action: Action, draft: Draft) -> Screen:
    facts = await _facts(ctx, draft, draft.data.get("symbol", ""))
    try:
        config = settled(draft, facts)
        bot = await bots.create(ctx.office, ctx.account, config)
    except InvalidValue as invalid:
        mended = steps.mend(draft, invalid, ctx.office.clock.now_ms())
        await drafts.save(ctx.office, mended)
        return await show(ctx, mended, error=invalid)
    await drafts.drop(ctx.office, ctx.account)
    if action.ref == "start":
        return await _started(ctx, bot)
    return await bot_screens.show(ctx, bot.public_id, toast=ctx.texts.plain("toast.created"))


async def _started(ctx: Context, bot: Bot) -> Screen:
    if bot.config.mode is Mode.LIVE:
        return live_question(bot, ctx.texts)
    await bots.start(ctx.office, ctx.account, bot.public_id, bot.revision)
    return await bot_screens.show(ctx, bot.public_id, toast=ctx.texts.plain("toast.started"))


async def _keep(ctx: Context, draft: Draft, *, note: str = "") -> Screen:
    await drafts.save(ctx.office, draft)
    return await show(ctx, draft, note=note)


async def _facts(ctx: Context, draft: Draft, raw: str | None = None) -> Facts:
    """What the table must know; ``raw`` is the answer, looked up where it names a symbol."""
    market, symbol = _market(draft), draft.data.get("symbol", "")
    offered = await offer(ctx.office, ctx.account, market, symbol)
    known = await symbols.facts(ctx.office, market, symbol) if symbol else None
    if raw is None and draft.step == steps.SUMMARY:
        raw = symbol
    found: str | None = None
    suggestions: tuple[str, ...] = ()
    if raw is not None and draft.step in {"symbol", steps.SUMMARY}:
        found, suggestions = symbols.match(ctx.office, market, raw)
    return Facts(
        modes=offered.modes,
        keys=offered.keys,
        names=frozenset(name.casefold() for name in offered.names),
        symbol=found,
        barred=symbols.barrier(ctx.office, market, found) if found else None,
        suggestions=suggestions,
        rules=known.rules if known else None,
        price=known.price if known else None,
        markets=offered.markets,
        strategies=offered.strategies,
        zone=offered.zone,
    )


def _market(draft: Draft) -> Market:
    return Market(get(draft.data, "market"))


async def _command(ctx: Context, _argument: str) -> Screen:
    return await _new(ctx, Action("w", "new"))


ACTIONS = {
    ("w", "new"): _new,
    ("w", "over"): _over,
    ("w", "resume"): _resume,
    ("w", "set"): _checked(_set),
    ("w", "next"): _checked(_next),
    ("w", "at"): _checked(_at),
    ("w", "back"): _checked(_back),
    ("w", "cancel"): _checked(_cancel),
    ("w", "create"): _checked(_create),
}
COMMANDS = {"/new": _command}
