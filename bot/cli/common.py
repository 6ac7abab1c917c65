"""What commands share: the settings option, the memory, JSON and tables."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.core.errors import ConfigError

if TYPE_CHECKING:
    from engine.runtime.settings import Settings
    from storage.unit_of_work import SqlStorage

T = TypeVar("T")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(command: _Command) -> _Command:
    """Add ``--config FILE``, which arrives as ``config: Path``."""
    option = click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("skipper.toml"),
        envvar="SKIPPER_CONFIG",
        show_default=True,
        help="Settings file (or the variable SKIPPER_CONFIG).",
    )
    return option(command)


def json_option(command: _Command) -> _Command:
    """Add ``--json``, which arrives as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(
        command
    )


def no_nan(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """Refuse what is no number, which every range lets through."""
    if math.isnan(value):
        raise click.BadParameter("must be a number")
    return value


def settings_of(config: Path) -> "Settings":
    """The checked settings; raises ConfigError."""
    from engine.runtime.settings import load_settings

    return load_settings(config)


def keep_private() -> None:
    """Let nobody but this user read the files that are made from now on."""
    os.umask(0o077)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)


@asynccontextmanager
async def existing_storage(settings: "Settings") -> AsyncIterator["SqlStorage"]:
    """The memory of this installation; raises ConfigError when there is none yet."""
    from storage.opening import open_storage

    path = settings.database.sqlite_path
    if path is not None and not path.exists():
        raise ConfigError(f"no database at {path} yet: `skipper run` makes it")
    storage = await open_storage(settings.database.url)
    try:
        yield storage
    finally:
        await storage.close()


def echo_json(value: object) -> None:
    """Print a value as JSON."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def iso(at_ms: int | None) -> str | None:
    """An instant as ISO text, UTC: ``2026-05-29T12:00:00.000Z``."""
    if at_ms is None:
        return None
    text = datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def minute(at_ms: int | None) -> str:
    """An instant for people: ``2026-05-29 12:00``, UTC."""
    return (iso(at_ms) or "")[:16].replace("T", " ")


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, right: str = "") -> None:
    """Print rows below their head; columns whose head is among the words ``right`` end in line."""
    if not rows:
        return
    cells = [[_cell(value) for value in row] for row in rows]
    columns = list(zip(head, *cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = right.split()
    for line in (head, *cells):
        parts = [
            cell.rjust(width) if name in numeric else cell.ljust(width)
            for name, cell, width in zip(head, line, widths, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "?" for c in text)
