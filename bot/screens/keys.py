"""Exchange keys: list, card, test, remove, and the conversation that adds one.

While it asks for key or secret every typed message is deleted, whatever it holds, and nothing of
it is ever shown again. The API key waits sealed in the draft until the secret has come.
"""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.screens import home
from bot.screens.context import Context
from bot.views import keys as view
from bot.views.problems import words
from bot.wizard import typed
from engine.core.account import Credentials, Draft
from engine.core.bot_config import Environment
from engine.core.errors import Conflict, Forbidden, InvalidValue, KeyRefused, SkipperError
from engine.services import drafts, keys
from engine.services.rights import require_trader

KIND = "key"
SECRET_STEPS = frozenset({"api_key", "secret"})
_STEPS = ("environment", "label", "api_key", "secret")
_LONGEST_LABEL = 20
_SHORTEST, _LONGEST = 8, 256

Step = Callable[[Context, Action, Draft], Awaitable[Screen]]


def show(ctx: Context, draft: Draft, *, error: SkipperError | None = None) -> Screen:
    """The question that stands in the draft."""
    names = tuple(each.value for each in keys.environments(ctx.office))
    return view.prompt(draft, ctx.texts, environments=names, error=error)


async def text_typed(ctx: Context, draft: Draft, text: str) -> Screen:
    """The screen after a typed answer."""
    secret = draft.step in SECRET_STEPS
    try:
        require_trader(ctx.account)
        screen = await _TYPED[draft.step](ctx, draft, text)
    except SkipperError as error:
        screen = show(ctx, draft, error=error)
    return replace(screen, forget_input=secret)


async def _list(ctx: Context, _action: Action) -> Screen:
    cards = await keys.all_keys(ctx.office, ctx.account)
    may_add = bool(keys.environments(ctx.office))
    return view.key_list(cards, ctx.account, ctx.texts, may_add=may_add)


async def _open(ctx: Context, action: Action) -> Screen:
    return replace(await _list(ctx, action), fresh=True)


async def _card(ctx: Context, action: Action) -> Screen:
    card = await keys.one_key(ctx.office, ctx.account, action.ref)
    return view.key_card(card, ctx.account, ctx.texts)


async def _test(ctx: Context, action: Action) -> Screen:
    try:
        rights = await keys.recheck_key(ctx.office, ctx.account, action.ref)
        note = view.passed(rights, ctx.texts)
    except SkipperError as error:
        note = words(error, ctx.texts)
    card = await keys.one_key(ctx.office, ctx.account, action.ref)
    return view.key_card(card, ctx.account, ctx.texts, note=note)


async def _remove(ctx: Context, action: Action) -> Screen:
    require_trader(ctx.account)
    card = await keys.one_key(ctx.office, ctx.account, action.ref)
    if card.bots:
        raise keys.used(card)
    return view.remove_question(card, ctx.texts)


async def _remove_yes(ctx: Context, action: Action) -> Screen:
    await keys.remove_key(ctx.office, ctx.account, action.ref)
    return replace(await _list(ctx, action), toast=ctx.texts.plain("toast.removed"))


async def _add(ctx: Context, _action: Action) -> Screen:
    require_trader(ctx.account)
    offered = keys.environments(ctx.office)
    if not offered:
        raise Forbidden("forbidden.keys")
    before = await drafts.load(ctx.office, ctx.account)
    data = {} if len(offered) > 1 else {"environment": offered[0].value}
    data |= home.set_aside(before)
    at = ctx.office.clock.now_ms()
    revision = (before.revision if before else at // 1000) + 1
    step = "environment" if len(offered) > 1 else "label"
    return await _keep(ctx, Draft(ctx.account.id, KIND, step, data, revision, at, expects=step))


def _checked(step: Step) -> Callable[[Context, Action], Awaitable[Screen]]:
    """Wrap a step: right role, a key draft, and a button that belongs to its question."""

    async def run(ctx: Context, action: Action) -> Screen:
        require_trader(ctx.account)
        draft = await drafts.load(ctx.office, ctx.account)
        if draft is None or draft.kind != KIND:
            return await home.show(ctx, toast=ctx.texts.plain("error.stale"))
        if action.rev != rev_of(draft.revision):
            return replace(show(ctx, draft), toast=ctx.texts.plain("error.stale"))
        try:
            return await step(ctx, action, draft)
        except InvalidValue as invalid:
            return show(ctx, draft, error=invalid)

    return run


async def _env_tapped(ctx: Context, action: Action, draft: Draft) -> Screen:
    return await _environment(ctx, draft, action.ref)


async def _label_tapped(ctx: Context, action: Action, draft: Draft) -> Screen:
    return await _label(ctx, draft, action.ref)


async def _back(ctx: Context, _action: Action, draft: Draft) -> Screen:
    first = "environment" if len(keys.environments(ctx.office)) > 1 else "label"
    if draft.step == first:
        await home.cancel(ctx)
        return await _list(ctx, _action)
    return await _turn(ctx, draft, _STEPS[_STEPS.index(draft.step) - 1], {})


async def _cancel(ctx: Context, _action: Action, _draft: Draft) -> Screen:
    await home.cancel(ctx)
    return await home.show(ctx, toast=ctx.texts.plain("conversation.cancelled"))


async def _environment(ctx: Context, draft: Draft, text: str) -> Screen:
    offered = [each.value for each in keys.environments(ctx.office)]
    chosen = text.strip().casefold()
    if chosen not in offered:
        raise InvalidValue("environment", text, "choice", choices=", ".join(offered))
    return await _turn(ctx, draft, "label", {"environment": chosen})


async def _label(ctx: Context, draft: Draft, text: str) -> Screen:
    label = typed.name("label", text, longest=_LONGEST_LABEL)
    taken = await keys.all_keys(ctx.office, ctx.account)
    if label.casefold() in {card.key.label.casefold() for card in taken}:
        raise InvalidValue("label", text, "taken")
    return await _turn(ctx, draft, "api_key", {"label": label})


async def _api_key(ctx: Context, draft: Draft, text: str) -> Screen:
    environment = Environment(draft.data["environment"])
    credentials = Credentials(_key_text("api_key", text), "", environment)
    sealed = ctx.office.vault.seal(ctx.account.id, credentials)
    kept = base64.b64encode(sealed).decode("ascii")
    return await _turn(ctx, draft, "secret", {"api_key": kept})


async def _secret(ctx: Context, draft: Draft, text: str) -> Screen:
    secret = _key_text("secret", text)
    half = ctx.office.vault.open(ctx.account.id, base64.b64decode(draft.data["api_key"]))
    whole = replace(half, secret=secret)
    try:
        key, rights = await keys.add_key(ctx.office, ctx.account, draft.data["label"], whole)
    except (KeyRefused, Forbidden) as refused:
        return await _again(ctx, draft, "api_key", refused)
    except Conflict as taken:
        return await _again(ctx, draft, "label", taken)
    parked = home.PARKED in draft.data
    await home.cancel(ctx)
    return view.key_added(key, rights, ctx.texts, parked=parked)


async def _again(ctx: Context, draft: Draft, step: str, error: SkipperError) -> Screen:
    after = _turned(ctx, draft, step, {"api_key": ""})
    await drafts.save(ctx.office, after)
    return show(ctx, after, error=error)


async def _turn(ctx: Context, draft: Draft, step: str, data: dict[str, str]) -> Screen:
    return await _keep(ctx, _turned(ctx, draft, step, data))


def _turned(ctx: Context, draft: Draft, step: str, data: dict[str, str]) -> Draft:
    return replace(
        draft,
        step=step,
        data=draft.data | data,
        expects=step,
        revision=draft.revision + 1,
        updated_at=ctx.office.clock.now_ms(),
    )


async def _keep(ctx: Context, draft: Draft) -> Screen:
    await drafts.save(ctx.office, draft)
    return show(ctx, draft)


def _key_text(field: str, text: str) -> str:
    """A key or secret as typed; its value is never part of the answer."""
    value = text.strip()
    fine = value.isascii() and value.isprintable() and " " not in value
    if not fine or not _SHORTEST <= len(value) <= _LONGEST:
        raise InvalidValue(field, "", "not_a_key")
    return value


async def _command(ctx: Context, _argument: str) -> Screen:
    return await _list(ctx, Action("k", "list"))


_TYPED = {"environment": _environment, "label": _label, "api_key": _api_key, "secret": _secret}
ACTIONS = {
    ("k", "list"): _list,
    ("k", "open"): _open,
    ("k", "card"): _card,
    ("k", "test"): _test,
    ("k", "remove"): _remove,
    ("k", "remove_yes"): _remove_yes,
    ("k", "add"): _add,
    ("k", "env"): _checked(_env_tapped),
    ("k", "label"): _checked(_label_tapped),
    ("k", "back"): _checked(_back),
    ("k", "cancel"): _checked(_cancel),
}
COMMANDS = {"/keys": _command}
