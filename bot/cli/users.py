"""Commands for accounts and the schema."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    config_option,
    echo_json,
    existing_storage,
    iso,
    json_option,
    keep_private,
    minute,
    run_async,
    settings_of,
    table,
)

if TYPE_CHECKING:
    from engine.core.account import Account, Role
    from engine.ports.storage import Unit

_MOST = 2**52 - 1  # the ids of Telegram have at most 52 bits
_ROLES = ("admin", "trader", "viewer")
role_option = click.option("--role", type=click.Choice(_ROLES), required=True)
user_argument = click.argument("telegram_id", type=click.IntRange(1, _MOST))


@click.group()
def users() -> None:
    """List, invite, promote and disable people."""


@users.command("list")
@config_option
@json_option
def list_users(config: Path, as_json: bool) -> None:
    """List everybody with an account."""
    accounts = run_async(_accounts(config))
    if as_json:
        echo_json([_facts(account) for account in accounts])
        return
    head = ("telegram id", "name", "role", "state", "since")
    rows = [
        (a.telegram_id, a.name, a.role.value, _state(a), minute(a.created_at)) for a in accounts
    ]
    table(head, rows)


@users.command()
@config_option
@click.option("--role", type=click.Choice(_ROLES), default="trader", show_default=True)
@click.option("--hours", type=click.IntRange(24, 72), default=48, show_default=True)
def invite(config: Path, role: str, hours: int) -> None:
    """Make a one-time invite; the person sends what is printed to the bot."""
    click.echo(f"/start {run_async(_invite(config, role, hours))}")


@users.command()
@user_argument
@role_option
@config_option
def promote(config: Path, telegram_id: int, role: str) -> None:
    """Give somebody another role."""
    run_async(_change(config, telegram_id, role=role))
    click.echo(f"{telegram_id} is {role} now")


@users.command()
@user_argument
@config_option
def disable(config: Path, telegram_id: int) -> None:
    """Shut somebody out of the chat; open positions stay protected."""
    run_async(_change(config, telegram_id, active=False))
    click.echo(f"{telegram_id} is shut out")


@users.command()
@user_argument
@config_option
def enable(config: Path, telegram_id: int) -> None:
    """Let somebody in again."""
    run_async(_change(config, telegram_id, active=True))
    click.echo(f"{telegram_id} is let in")


@click.command()
@config_option
def migrate(config: Path) -> None:
    """Bring the database up to date (every start does so)."""
    from storage.migrations import migrate as bring_up

    keep_private()
    run_async(bring_up(settings_of(config).database.url))
    click.echo("the database is up to date")


async def _accounts(config: Path) -> "list[Account]":
    async with existing_storage(settings_of(config)) as storage, storage.reading() as unit:
        return await unit.accounts.all()


async def _invite(config: Path, role: str, hours: int) -> str:
    import secrets

    from engine.core.account import Role
    from engine.runtime.clock import wall_ms
    from engine.services.accounts import HOUR_MS, code_hash

    code = secrets.token_urlsafe(24)
    async with existing_storage(settings_of(config)) as storage, storage.system() as unit:
        expires = wall_ms() + hours * HOUR_MS
        await unit.accounts.add_invite(code_hash(code), Role(role), None, expires)
        await unit.commit()
    return code


async def _change(
    config: Path, telegram_id: int, *, role: str | None = None, active: bool | None = None
) -> None:
    from engine.core.account import Role

    async with existing_storage(settings_of(config)) as storage, storage.system() as unit:
        account = await unit.accounts.by_telegram(telegram_id)
        if account is None:
            raise click.ClickException(f"nobody with Telegram id {telegram_id} has an account")
        if role is not None:
            await unit.accounts.set_role(account.id, Role(role))
            await _note(unit, account, "account.role", account.role.value, role)
        if active is not None:
            await unit.accounts.set_active(account.id, active=active)
            await _note(unit, account, "account.active", str(account.active), str(active))
        await unit.commit()


async def _note(unit: "Unit", account: "Account", act: str, before: str, after: str) -> None:
    from engine.core.account import AuditEntry
    from engine.runtime.clock import wall_ms

    target = f"telegram:{account.telegram_id}"
    await unit.audit.add(
        AuditEntry(account.id, "command line", act, target, wall_ms(), before, after)
    )


def _state(account: "Account") -> str:
    if not account.active:
        return "shut out"
    return "in" if account.reachable else "cannot be written to"


def _facts(account: "Account") -> dict[str, object]:
    role: Role = account.role
    return {
        "telegram_id": account.telegram_id,
        "name": account.name,
        "role": role.value,
        "active": account.active,
        "reachable": account.reachable,
        "created_at": iso(account.created_at),
        "created_at_ms": account.created_at,
    }
