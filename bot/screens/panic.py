"""The panic button: everything of a scope stopped, on request closed, and shown until flat.

Bots change while it is read, so its buttons carry no revision but the minute in which they were
drawn: an old one asks again instead of acting. The scope travels in the reference: "" is all of
one's own, ``all`` everyone's, ``bot.<public id>`` one bot.
"""

from collections.abc import Awaitable, Callable

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.screens.context import Context
from bot.views import panic as view
from engine.services import panic
from engine.services.panic import Scope
from engine.services.rights import require_trader

_GOOD_FOR = 10
_MINUTE_MS = 60_000


def _minute(ctx: Context, ago: int = 0) -> str:
    """The real minute of the clock, as it travels in a button."""
    clock = ctx.office.clock
    return rev_of(int(clock.now_ms() / (_MINUTE_MS * clock.rate)) - ago)


def _scope(ref: str) -> Scope:
    kind, _, bot = ref.partition(".")
    return Scope(bot if kind == "bot" else "", everyone=kind == "all")


async def _ask(ctx: Context, action: Action) -> Screen:
    require_trader(ctx.account)
    lines = await panic.look(ctx.office, ctx.account, _scope(action.ref))
    return view.question(lines, action.ref, _minute(ctx), ctx.account, ctx.texts)


async def _pick(ctx: Context, _action: Action) -> Screen:
    require_trader(ctx.account)
    return view.pick(await panic.look(ctx.office, ctx.account), ctx.texts)


async def _result(ctx: Context, action: Action, *, toast: str = "") -> Screen:
    require_trader(ctx.account)
    lines = await panic.look(ctx.office, ctx.account, _scope(action.ref))
    return view.result(lines, action.ref, _minute(ctx), ctx.texts, toast=toast)


def _act(*, close: bool) -> Callable[[Context, Action], Awaitable[Screen]]:
    async def act(ctx: Context, action: Action) -> Screen:
        require_trader(ctx.account)
        if action.rev not in {_minute(ctx, ago) for ago in range(_GOOD_FOR)}:
            return await _result(ctx, action, toast=ctx.texts.plain("error.stale"))
        await panic.panic(ctx.office, ctx.account, _scope(action.ref), close=close)
        done = "toast.closing" if close else "toast.stopped"
        return await _result(ctx, action, toast=ctx.texts.plain(done))

    return act


async def _command(ctx: Context, _argument: str) -> Screen:
    return await _ask(ctx, Action("p", "ask"))


ACTIONS = {
    ("p", "ask"): _ask,
    ("p", "pick"): _pick,
    ("p", "stop"): _act(close=False),
    ("p", "close"): _act(close=True),
    ("p", "result"): _result,
}
COMMANDS = {"/panic": _command}
