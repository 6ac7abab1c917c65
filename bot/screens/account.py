"""Registration, and invites for others."""

from bot.actions import Action
from bot.screen import Person, Screen
from bot.screens.context import Context
from bot.texts import Texts
from bot.views import home as view
from engine.core.account import Account, Role
from engine.core.errors import InvalidValue
from engine.services.accounts import make_invite, register
from engine.services.office import Office
from engine.services.rights import require_admin

_INVITED = (Role.TRADER, Role.VIEWER)


async def start(
    office: Office, texts: Texts, person: Person, payload: str
) -> tuple[Account | None, Screen | None]:
    """Register whoever may come in.

    A new account comes with its welcome, a known one with None (its home follows), a stranger
    gets None and one polite line.
    """
    account, new = await register(office, person.telegram_id, person.name, payload.strip())
    if account is None:
        return None, view.stranger(texts, tried=bool(payload.strip()))
    return account, view.welcome(account, texts) if new else None


async def _ask(ctx: Context, _action: Action) -> Screen:
    require_admin(ctx.account)
    return view.invite_question(ctx.texts)


async def _invite(ctx: Context, action: Action) -> Screen:
    return await _made(ctx, action.ref)


async def _command(ctx: Context, argument: str) -> Screen:
    require_admin(ctx.account)
    return await _made(ctx, argument) if argument else view.invite_question(ctx.texts)


async def _made(ctx: Context, wanted: str) -> Screen:
    require_admin(ctx.account)
    role = next((role for role in _INVITED if role.value == wanted.strip().casefold()), None)
    if role is None:
        choices = ", ".join(role.value for role in _INVITED)
        raise InvalidValue("role", wanted, "choice", choices=choices)
    made = await make_invite(ctx.office, role, ctx.account.id)
    return view.invite(made, ctx.office.bot_username, ctx.texts)


ACTIONS = {("a", "invite"): _ask, ("a", "invite_as"): _invite}
COMMANDS = {"/invite": _command}
