"""What scripts read: every figure exact, every instant twice, every fill listed."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.cli.root import run
from engine.core.account import Role
from engine.core.order import Leg, OrderKind, OrderState
from engine.core.position import ExitReason, PositionState
from engine.core.trade import close_books
from engine.runtime.settings import load_settings
from storage.opening import open_storage
from tests.unit.core.build import NOW, D, config, fill, order, position

ENTRY, TARGET = "sk1a-1-1-e1", "sk1a-1-1-t1"


async def furnish(path, *, closed):
    """One person with one bot that bought, and sold again if ``closed``."""
    storage = await open_storage(load_settings(path, {}).database.url)
    try:
        async with storage.system() as unit:
            owner = await unit.accounts.add(77, "Ann", Role.TRADER, NOW)
            await unit.commit()
        async with storage.of(owner.id) as unit:
            bot = await unit.bots.add(config(name="Breeze"), NOW)
            await unit.commit()
        async with storage.system() as unit:
            await books(unit, owner.id, bot.id, closed=closed)
            await unit.commit()
    finally:
        await storage.close()


async def books(unit, owner, bot, *, closed):
    held = await unit.positions.add(
        position(id=0, owner_id=owner, bot_id=bot, account=f"paper:{bot}", decision=1)
    )
    common = {"id": 0, "owner_id": owner, "bot_id": bot, "account": held.account}
    (entry,) = await unit.orders.add([order(**common, client_id=ENTRY, position_id=held.id)])
    bought = fill(1, client_id=ENTRY, commission=D("0.000001"), commission_asset="BTC")
    await unit.fills.add_new(entry, [bought])
    if not closed:
        return
    target = order(**common, client_id=TARGET, position_id=held.id, leg=Leg.TARGET)
    target = replace(target, kind=OrderKind.LIMIT, price=D(51_000), state=OrderState.PLANNED)
    (target,) = await unit.orders.add([target])
    sold = fill(2, client_id=TARGET, price=D(51_000), quantity=D("0.00099"), at=NOW + 60_000)
    await unit.fills.add_new(target, [replace(sold, commission=D("0.05"))])
    flat = replace(
        held,
        state=PositionState.CLOSED,
        exit_qty=D("0.00099"),
        exit_quote=D("50.49"),
        fees={"BTC": D("0.000001"), "BNB": D("0.05")},
        fee_base=D("0.000001"),
        closed_at=NOW + 60_000,
    )
    await unit.positions.save(flat)
    await unit.trades.add(close_books(flat, ExitReason.TAKE_PROFIT, NOW + 60_000))


@pytest.fixture
def ask(tmp_path, capfd):
    """Asks a command about a furnished installation: its JSON, or its lines."""
    path = tmp_path / "skipper.toml"
    path.write_text("")

    def asked(*words, closed=True, json_wanted=True):
        asyncio.run(furnish(path, closed=closed))
        extra = ["--json"] if json_wanted else []
        assert run([*words, *extra, "--config", str(path)]) == 0
        out = capfd.readouterr().out
        return json.loads(out) if json_wanted else out.splitlines()

    return asked


def test_a_trade_is_told_with_exact_figures_and_its_fills(ask):
    (trade,) = ask("trades")

    assert trade["bot"] == "Breeze"
    assert (trade["symbol"], trade["side"], trade["reason"]) == ("BTCUSDT", "long", "TAKE_PROFIT")
    assert (trade["quantity"], trade["entry_price"], trade["exit_price"]) == (
        "0.00099",
        "50000",
        "51000",
    )
    assert (trade["gross"], trade["net"], trade["dust"]) == ("0.99", "0.94", "0.000009")
    assert trade["fees"] == {"BNB": "0.05", "BTC": "0.000001"}
    assert trade["opened_at"] == "2026-05-29T12:00:00.000Z"
    assert trade["closed_at_ms"] == NOW + 60_000
    bought, sold = trade["fills"]
    assert (bought["side"], bought["leg"], bought["trade_id"]) == ("BUY", "entry", "1")
    assert (sold["side"], sold["commission"], sold["commission_asset"]) == ("SELL", "0.05", "BNB")


def test_an_open_position_is_told(ask):
    (held,) = ask("positions", closed=False)

    assert (held["bot"], held["held"], held["stop_price"]) == ("Breeze", "0.001", "49500")
    assert (held["state"], held["protection"]) == ("open", "none")


def test_a_closed_position_is_no_position(ask):
    assert ask("positions") == []


def test_orders_are_told_newest_first(ask):
    newest, oldest = ask("orders")

    assert (newest["client_id"], newest["price"], newest["leg"]) == (TARGET, "51000", "target")
    assert (oldest["client_id"], oldest["price"], oldest["state"]) == (ENTRY, None, "planned")


def test_the_status_counts_what_waits(ask):
    told = ask("status", closed=False)

    assert (told["running"], told["well"], told["health"]) == (False, False, None)
    assert told["open_positions"] == 1
    assert told["unfinished_orders"] == 1
    assert [bot["name"] for bot in told["bots"]] == ["Breeze"]


def test_tables_line_up(ask):
    head, row = ask("trades", json_wanted=False)

    assert head.index("net") + len("net") == row.index("0.94") + len("0.94")


def test_people_are_listed(ask):
    (person,) = ask("users", "list")

    assert (person["telegram_id"], person["name"], person["role"]) == (77, "Ann", "trader")


def test_somebody_is_shut_out_let_in_and_promoted(ask, tmp_path, capfd):
    ask("users", "list")
    config_words = ["--config", str(tmp_path / "skipper.toml")]

    for words, key, value in (
        (["disable", "77"], "active", False),
        (["enable", "77"], "active", True),
        (["promote", "77", "--role", "admin"], "role", "admin"),
    ):
        assert run(["users", *words, *config_words]) == 0
        capfd.readouterr()
        assert run(["users", "list", "--json", *config_words]) == 0
        assert json.loads(capfd.readouterr().out)[0][key] == value


def test_an_invite_is_a_line_to_send_to_the_bot(ask, tmp_path, capfd):
    ask("users", "list")

    assert run(["users", "invite", "--config", str(tmp_path / "skipper.toml")]) == 0
    assert capfd.readouterr().out.startswith("/start ")


def test_a_stranger_cannot_be_shut_out(ask, tmp_path, capfd):
    ask("users", "list")

    assert run(["users", "disable", "5", "--config", str(tmp_path / "skipper.toml")]) == 1
    assert "nobody with Telegram id 5" in capfd.readouterr().err
