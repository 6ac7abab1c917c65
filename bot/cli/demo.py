"""The demo: both local servers and the ordinary service between them."""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import keep_private, no_nan, run_async
from bot.cli.sandbox import data_option, open_port, seed_option

if TYPE_CHECKING:
    from bot.sandbox.server import LocalChat
    from engine.exchange.simulator.server import LocalExchange
    from engine.runtime.settings import Settings
    from engine.services.office import Office

USER = 1
NAME = "Demo"
LABEL = "demo"
FUNDS = 10_000
_PORT = click.IntRange(0, 65535)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    chat_port: int
    exchange_port: int
    speed: float
    seed: int
    data: tuple[str, ...]
    api_key: str
    secret: str
    token: str


@click.command()
@click.option("--chat-port", type=_PORT, default=8080, show_default=True, help="0: any free one.")
@click.option(
    "--exchange-port", type=_PORT, default=9100, show_default=True, help="0: any free one."
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 3600),
    default=60.0,
    show_default=True,
    callback=no_nan,
    help="Market seconds per real second.",
)
@seed_option
@data_option
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo's data in this new folder; otherwise it is removed at the end.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="error"
)
def demo(
    chat_port: int,
    exchange_port: int,
    speed: float,
    seed: int,
    data: tuple[str, ...],
    folder: Path | None,
    log_level: str,
) -> None:
    """Try everything on this computer, without any account."""
    from engine.runtime.observe import set_up_logs

    keep_private()
    set_up_logs(log_level, "console")
    key, secret = secrets.token_hex(32), secrets.token_hex(32)
    wishes = Wishes(chat_port, exchange_port, speed, seed, data, key, secret, _token())
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="skipper-demo-") as place:
            run_async(_demo(wishes, Path(place), kept=False))
        return
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: give a new folder, every demo is new")
    folder.mkdir(parents=True, exist_ok=True)
    run_async(_demo(wishes, folder, kept=True))


async def _demo(wishes: Wishes, folder: Path, *, kept: bool) -> None:
    from bot.cli.service import running
    from bot.cli.signals import until_signalled
    from storage.vault import new_master_key

    async with until_signalled(), _servers(wishes) as (exchange, chat):
        settings = _settings(wishes, folder, exchange, chat)
        new_master_key(settings.security.master_key_file)
        _write_config(folder, settings)
        async with running(settings, _quiet) as service:
            await _furnish(service.office, wishes)
            where = folder if kept else f"{folder} (removed at the end)"
            click.echo(f"chat page   {chat.url}/")
            click.echo(f"exchange    {exchange.url} ({wishes.speed:g} times as fast as real time)")
            click.echo(f"data        {where}")
            click.echo("Open the chat page and send /start. Ctrl+C ends the demo.")
            sys.stdout.flush()
            await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def _servers(wishes: Wishes) -> AsyncIterator[tuple["LocalExchange", "LocalChat"]]:
    from decimal import Decimal

    from bot.sandbox.server import ChatOptions, LocalChat
    from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange

    funds = {"USDT": Decimal(FUNDS)}
    account = DemoAccount(wishes.api_key, wishes.secret, funds, futures=funds)
    exchange = LocalExchange(
        ExchangeOptions(
            port=wishes.exchange_port,
            data=wishes.data,
            seed=wishes.seed,
            speed=wishes.speed,
            accounts=(account,),
        )
    )
    chat = LocalChat(ChatOptions(port=wishes.chat_port, token=wishes.token))
    async with AsyncExitStack() as stack:
        for server, port, option in (
            (exchange, wishes.exchange_port, "--exchange-port"),
            (chat, wishes.chat_port, "--chat-port"),
        ):
            await open_port(server, port, option)
            stack.push_async_callback(server.stop)
        yield exchange, chat


def _token() -> str:
    return f"1000001:{secrets.token_hex(18)[:35]}"


def _settings(
    wishes: Wishes, folder: Path, exchange: "LocalExchange", chat: "LocalChat"
) -> "Settings":
    from engine.runtime.settings import make_settings

    return make_settings(
        folder,
        telegram={
            "token": wishes.token,
            "base_url": chat.base_url,
            "base_file_url": chat.base_file_url,
            "operators": (USER,),
        },
        exchange={
            "environment": "local",
            "base_url": exchange.url,
            "clock_rate": wishes.speed,
        },
    )


def _write_config(folder: Path, settings: "Settings") -> None:
    """Leave a settings file, so that `skipper status --config` can look into the demo."""
    exchange, telegram = settings.exchange, settings.telegram
    text = (
        f'[telegram]\nbase_url = "{telegram.base_url}"\n'
        f'base_file_url = "{telegram.base_file_url}"\n'
        f'operators = [{USER}]\n\n[exchange]\nenvironment = "local"\n'
        f'base_url = "{exchange.base_url}"\nclock_rate = {exchange.clock_rate}\n'
    )
    (folder / "skipper.toml").write_text(text, encoding="utf-8")


async def _furnish(office: "Office", wishes: Wishes) -> None:
    """Give user 1 an account and the funded key, tried like any other."""
    from engine.core.account import Credentials
    from engine.core.bot_config import Environment
    from engine.services.accounts import register
    from engine.services.keys import add_key

    account, _ = await register(office, USER, NAME, "")
    if account is not None:
        credentials = Credentials(wishes.api_key, wishes.secret, Environment.LOCAL)
        await add_key(office, account, LABEL, credentials)


def _quiet(_sentence: str) -> None:
    """The demo says where to look instead."""
