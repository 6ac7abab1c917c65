"""The command that runs the service."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import config_option, keep_private, run_async, settings_of
from engine.core.errors import ConfigError

if TYPE_CHECKING:
    from engine.runtime.settings import Settings


@click.command()
@config_option
def run(config: Path) -> None:
    """Run the service until it is stopped (Ctrl+C or SIGTERM)."""
    from engine.runtime.observe import set_up_logs

    settings = settings_of(config)
    settings.token  # noqa: B018 - a missing token is told before anything is opened
    keep_private()
    try:
        set_up_logs(settings.log.level, settings.log.format, settings.log.directory)
    except OSError as error:
        raise ConfigError(
            f"log.directory: no log can be written to {error.filename}: {error.strerror}"
        ) from None
    run_async(_run(settings))


async def _run(settings: "Settings") -> None:
    from bot.cli.service import running
    from bot.cli.signals import until_signalled

    async with until_signalled(), running(settings, say) as service:
        raise click.ClickException(await service.ended.get())


def say(sentence: str) -> None:
    """Print a sentence with the seconds since the process started."""
    started = getattr(sys.modules["__main__"], "STARTED", None)
    after = f" ({time.monotonic() - started:.1f} s after the start)" if started else ""
    click.echo(f"{sentence}{after}")
    sys.stdout.flush()
