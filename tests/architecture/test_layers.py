"""The layers hold, and the contracts notice when they do not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder):
    """Run import-linter on a source tree."""
    return subprocess.run(
        [str(LINT), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_layer_looks_the_wrong_way():
    done = lint(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "line", "broken"),
    [
        ("engine/core/money.py", "import asyncio", "pure parts do no I/O"),
        ("engine/core/money.py", "from engine.ports import clock", "inside the engine"),
        ("engine/services/office.py", "import storage.vault", "bot and storage never see"),
        ("bot/views/home.py", "import telegram", "telegram only in bot.app"),
        ("bot/screens/home.py", "import engine.cycles.engine", "chat never talks to the exchange"),
        ("engine/market/feed.py", "import sqlalchemy", "sqlalchemy and alembic only in storage"),
        ("engine/cycles/risk.py", "import engine.ports.trader", "trader port belongs to"),
        ("bot/app/chat.py", "import bot.sandbox.server", "local servers are started by"),
        (
            "engine/exchange/simulator/rest.py",
            "import engine.exchange.binance.parse",
            "one misreading",
        ),
    ],
)
def test_a_look_the_wrong_way_is_noticed(tmp_path, name, line, broken):
    for package in ("bot", "engine", "storage"):
        _mirror(ROOT / package, tmp_path / package)
    (tmp_path / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    target = tmp_path / name
    text = target.read_text()
    target.unlink()
    target.write_text(f"{text}\n{line}\n")

    done = lint(tmp_path)

    assert done.returncode != 0
    assert any(broken in told and "BROKEN" in told for told in done.stdout.splitlines())


def _mirror(source, copy):
    copy.mkdir()
    for path in source.iterdir():
        if path.name == "__pycache__":
            continue
        if path.is_dir():
            _mirror(path, copy / path.name)
        else:
            (copy / path.name).symlink_to(path)
