"""What a person does with one open position: give it more time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.actions import Action
from bot.screen import Screen
from bot.screens import bots as bot_screens
from bot.screens import home
from bot.screens.context import Context
from bot.views.figures import moment
from engine.core.errors import NotFound, Stale
from engine.services import positions
from engine.services.bots import BY_ID

_LONGEST = 15


def _extend(*, once_more: bool) -> Callable[[Context, Action], Awaitable[Screen]]:
    """The button names position and end, so that tapping it twice extends once."""

    async def act(ctx: Context, action: Action) -> Screen:
        position_id, _, shown = action.ref.partition(".")
        if not (_number(position_id) and _number(shown)):
            return replace(await home.show(ctx, toast=ctx.texts.plain("error.stale")), fresh=True)
        try:
            longer = await positions.extend(
                ctx.office, ctx.account, int(position_id), int(shown), once_more=once_more
            )
        except (Stale, NotFound):
            return replace(await home.show(ctx, toast=ctx.texts.plain("error.stale")), fresh=True)
        until = ctx.texts.plain("toast.extended", until=moment(longer.expires_at or 0))
        return await bot_screens.show(ctx, f"{BY_ID}{longer.bot_id}", toast=until)

    return act


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST


ACTIONS = {
    ("o", "extend"): _extend(once_more=True),
    ("o", "extend_bit"): _extend(once_more=False),
}
