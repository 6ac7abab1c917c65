"""Commands that run one local server alone."""

import asyncio
import sys
from typing import Protocol

import click

from bot.cli.common import no_nan, run_async

port_option = click.option(
    "--port", type=click.IntRange(0, 65535), required=True, help="0 takes any free one."
)
data_option = click.option(
    "--data",
    multiple=True,
    metavar="FILE",
    help="Candle file, or SYMBOL=FILE; may be repeated. Other symbols are generated.",
)
seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of the generated prices."
)


class Server(Protocol):
    """A local server."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    async def start(self) -> None:
        """Open the port."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...


@click.group()
def sandbox() -> None:
    """Run the local exchange or the local Telegram alone."""


@sandbox.command()
@port_option
@data_option
@seed_option
@click.option(
    "--speed",
    type=click.FloatRange(0, 3600),
    default=1.0,
    show_default=True,
    callback=no_nan,
    help="Market seconds per real second.",
)
@click.option("--key", default="", help="API key of a funded account.")
@click.option("--secret", default="", help="Its secret.")
def exchange(
    port: int, data: tuple[str, ...], seed: int, speed: float, key: str, secret: str
) -> None:
    """A Binance server with its own prices and accounts."""
    if bool(key) != bool(secret):
        raise click.UsageError("give --key and --secret together")
    run_async(_exchange(port, data, seed, speed, (key, secret)))


@sandbox.command()
@port_option
@click.option("--token", required=True, help="The bot's token, any of the right form.")
def chat(port: int, token: str) -> None:
    """A Telegram server with a chat page for the browser."""
    run_async(_chat(port, token))


async def _exchange(
    port: int, data: tuple[str, ...], seed: int, speed: float, key: tuple[str, str]
) -> None:
    from decimal import Decimal

    from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange

    funds = {"USDT": Decimal(10_000)}
    accounts = (DemoAccount(*key, funds, futures=funds),) if key[0] else ()
    options = ExchangeOptions(port=port, data=data, seed=seed, speed=speed, accounts=accounts)
    await _serve(LocalExchange(options), "exchange", port)


async def _chat(port: int, token: str) -> None:
    from bot.sandbox.server import ChatOptions, LocalChat

    await _serve(LocalChat(ChatOptions(port=port, token=token)), "chat page", port)


async def open_port(server: Server, port: int, option: str) -> None:
    """Start a local server; raises ClickException when its port or its data cannot be used."""
    from engine.exchange.simulator.replay import BadCandles

    try:
        await server.start()
    except BadCandles as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}): choose another with {option},"
            " or 0 for any free one"
        ) from None


async def _serve(server: Server, name: str, port: int) -> None:
    from bot.cli.signals import until_signalled

    await open_port(server, port, "--port")
    try:
        click.echo(f"{name}: {server.url}/ (Ctrl+C ends it)")
        sys.stdout.flush()
        async with until_signalled():
            await asyncio.get_running_loop().create_future()
    finally:
        await server.stop()
