"""The command that tries every part of an installation without starting it."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import config_option, run_async, settings_of
from engine.core.errors import ConfigError, SkipperError, Unavailable

if TYPE_CHECKING:
    from engine.runtime.settings import Settings

_PATIENCE = 10.0
_OFF_MS = 500


@click.command()
@config_option
def check(config: Path) -> None:
    """Try every part without starting it."""
    settings = settings_of(config)
    click.echo(f"ok      settings    {config}")
    if not run_async(_check(settings)):
        raise click.ClickException("something is not in order, see above")


async def _check(settings: "Settings") -> bool:
    """Try every part, also after one has failed."""
    fine = True
    for name, part in (
        ("master key", _master_key),
        ("database", _database),
        ("telegram", _telegram),
        ("spot", partial(_exchange, "spot")),
        ("futures", partial(_exchange, "futures")),
        ("ai", _ai),
    ):
        fine = await _try(name, part, settings) and fine
    return fine


async def _try(name: str, part: "Callable[[Settings], Awaitable[str]]", given: "Settings") -> bool:
    try:
        told = await part(given)
    except SkipperError as error:
        click.echo(f"FAILED  {name:<11} {error}")
        return False
    click.echo(f"ok      {name:<11} {told}")
    return True


async def _master_key(settings: "Settings") -> str:
    from storage.vault import load_master_key

    path = settings.security.master_key_file
    load_master_key(path)
    return str(path)


async def _database(settings: "Settings") -> str:
    from storage.opening import check_canary, open_storage
    from storage.vault import FernetVault, load_master_key

    path = settings.database.sqlite_path
    if path is not None and not path.exists():
        return f"{path} will be made at the first start"
    storage = await open_storage(settings.database.url)
    try:
        await check_canary(
            storage, FernetVault(load_master_key(settings.security.master_key_file))
        )
        return ", ".join((str(path or "PostgreSQL"), *storage.warnings))
    finally:
        await storage.close()


async def _telegram(settings: "Settings") -> str:
    import httpx

    address = settings.telegram.base_url + settings.token.get_secret_value()
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            answer = (await client.get(f"{address}/getMe")).json()
    except (httpx.HTTPError, ValueError) as error:
        raise ConfigError(f"Telegram does not answer ({type(error).__name__})") from None
    if not answer.get("ok"):
        raise ConfigError(f"Telegram refuses the token: {answer.get('description', '')}")
    return f"@{answer['result'].get('username', '')}"


async def _ai(settings: "Settings") -> str:
    from engine.advisors.making import make_advisor
    from engine.runtime.clock import MarketClock

    advisor = make_advisor(settings.ai, MarketClock())
    if advisor is None:
        return "off"
    try:
        return await advisor.check()
    finally:
        await advisor.close()


async def _exchange(product: str, settings: "Settings") -> str:
    """One product's servers: they fail, and their clocks run, each on its own."""
    from engine.exchange.binance.ask import Product
    from engine.exchange.binance.connection import Connection
    from engine.exchange.binance.endpoints import endpoints_of
    from engine.runtime.clock import MarketClock

    exchange = settings.exchange
    name = f"{exchange.environment.value} {product}"
    clock = MarketClock(exchange.clock_rate)
    connection = Connection(endpoints_of(exchange.environment, exchange.base_url or ""), clock)
    theirs = connection.clock_of(Product(product))
    try:
        await theirs.measure()
    except Unavailable as error:
        raise ConfigError(f"{name} does not answer ({error.detail})") from None
    finally:
        await connection.close()
    if exchange.base_url is not None:
        return f"{name}, at {exchange.base_url}"
    told = f"{name}, our clock is {-theirs.offset_ms} ms ahead of its"
    return f"{told}: set this computer's clock" if abs(theirs.offset_ms) > _OFF_MS else told
