"""Commands that read the database: status, positions, trades, orders."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import (
    config_option,
    echo_json,
    existing_storage,
    json_option,
    minute,
    run_async,
    settings_of,
    table,
)

if TYPE_CHECKING:
    from engine.ports.storage import Unit

_TABLE_ROWS = 50
_EVERYTHING = 2**31 - 1
_FRESH = 60.0
last_option = click.option(
    "--last",
    type=click.IntRange(1, _EVERYTHING),
    help=f"Only the newest N (tables show {_TABLE_ROWS}, JSON everything).",
)


@click.command()
@config_option
@json_option
@click.option("--require-running", is_flag=True, help="Fail unless the service runs and is well.")
def status(config: Path, as_json: bool, require_running: bool) -> None:
    """Show whether the service runs, its bots and what waits."""
    facts = run_async(_status(config))
    if as_json:
        echo_json(facts)
    else:
        _show_status(facts)
    if require_running and not facts["well"]:
        raise click.ClickException("the service does not run, or has not reported for a minute")


@click.command()
@config_option
@json_option
def positions(config: Path, as_json: bool) -> None:
    """List open positions."""
    rows = run_async(_positions(config))
    if as_json:
        echo_json(rows)
        return
    head = ("bot", "symbol", "side", "held", "entry", "stop", "target", "protection", "opened")
    names = ("bot", "symbol", "side", "held", "entry_price", "stop_price", "target_price")
    shown = [[*_pick(row, names), row["protection"], minute(row["opened_at_ms"])] for row in rows]
    table(head, shown, right="held entry stop target")


@click.command()
@config_option
@json_option
@last_option
def trades(config: Path, as_json: bool, last: int | None) -> None:
    """List closed trades, the newest first."""
    rows = run_async(_trades(config, _limit(last, as_json=as_json)))
    if as_json:
        echo_json(rows)
        return
    figures = ("quantity", "entry", "exit", "net", "%")
    head = ("id", "bot", "symbol", "side", *figures, "reason", "closed")
    prices = ("quantity", "entry_price", "exit_price", "net", "percent")
    names = ("id", "bot", "symbol", "side", *prices)
    shown = [[*_pick(row, names), row["reason"], minute(row["closed_at_ms"])] for row in rows]
    table(head, shown, right="id quantity entry exit net %")


@click.command()
@config_option
@json_option
@last_option
def orders(config: Path, as_json: bool, last: int | None) -> None:
    """List orders, the newest first."""
    rows = run_async(_orders(config, _limit(last, as_json=as_json)))
    if as_json:
        echo_json(rows)
        return
    head = ("order", "bot", "symbol", "side", "leg", "kind", "quantity", "price", "state", "at")
    shown = [
        [
            *_pick(row, ("client_id", "bot", "symbol", "side", "leg", "kind", "quantity")),
            row["price"] or row["stop_price"],
            row["state"],
            minute(row["created_at_ms"]),
        ]
        for row in rows
    ]
    table(head, shown, right="quantity price")


async def _status(config: Path) -> dict[str, Any]:
    from bot.cli.facts import bot_facts
    from bot.cli.places import health_file, lock_file
    from engine.runtime.health import read_health
    from engine.runtime.lock import holder

    settings = settings_of(config)
    pid, health = holder(lock_file(settings)), read_health(health_file(settings))
    async with existing_storage(settings) as storage, storage.reading() as unit:
        bots = await unit.bots.all()
        held = [p for p in await unit.positions.unfinished() if p.closed_at is None]
        return {
            "running": pid is not None,
            "well": pid is not None and health is not None and health["age"] < _FRESH,
            "pid": pid,
            "health": health,
            "environment": settings.exchange.environment.value,
            "modes": sorted(mode.value for mode in settings.exchange.modes),
            "bots": [bot_facts(bot) for bot in bots],
            "open_positions": len(held),
            "unfinished_orders": len(await unit.orders.unfinished()),
            "alerts_waiting": await unit.outbox.depth(),
        }


async def _positions(config: Path) -> list[dict[str, Any]]:
    from bot.cli.facts import position_facts

    async with existing_storage(settings_of(config)) as storage, storage.reading() as unit:
        names = await _names(unit)
        found = [p for p in await unit.positions.unfinished() if p.closed_at is None]
        return [position_facts(position, names) for position in found]


async def _trades(config: Path, limit: int) -> list[dict[str, Any]]:
    from bot.cli.facts import trade_facts

    async with existing_storage(settings_of(config)) as storage, storage.reading() as unit:
        names = await _names(unit)
        return [
            trade_facts(trade, await unit.fills.of_position(trade.position_id), names)
            for trade in await unit.trades.recent(limit=limit)
        ]


async def _orders(config: Path, limit: int) -> list[dict[str, Any]]:
    from bot.cli.facts import order_facts

    async with existing_storage(settings_of(config)) as storage, storage.reading() as unit:
        names = await _names(unit)
        return [order_facts(order, names) for order in await unit.orders.recent(limit=limit)]


async def _names(unit: "Unit") -> dict[int, str]:
    return {bot.id: bot.config.name for bot in await unit.bots.all()}


def _show_status(facts: dict[str, Any]) -> None:
    running = f"running (process {facts['pid']})" if facts["running"] else "not running"
    trading = facts["health"] and facts["running"] and facts["health"].get("reconciled")
    click.echo(f"service    {running}{', reconciled' if trading else ''}")
    click.echo(f"exchange   {facts['environment']}, bots may trade: {', '.join(facts['modes'])}")
    click.echo(
        f"books      {facts['open_positions']} open positions,"
        f" {facts['unfinished_orders']} unfinished orders,"
        f" {facts['alerts_waiting']} alerts waiting"
    )
    if facts["bots"]:
        click.echo()
    head = ("bot", "mode", "symbol", "timeframe", "strategy", "state", "why")
    names = ("name", *head[1:])
    table(head, [_pick(row, names) for row in facts["bots"]])


def _pick(row: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [row[name] for name in names]


def _limit(last: int | None, *, as_json: bool) -> int:
    return last or (_EVERYTHING if as_json else _TABLE_ROWS)
