"""The command line says what it can do, fails in one line, and starts light."""

import subprocess
import sys

import pytest

from bot.cli.root import run, skipper
from engine.runtime.lock import InstanceLock
from storage.vault import load_master_key, new_master_key

HEAVY = ("pandas", "telegram", "binance", "sqlalchemy", "aiohttp", "apscheduler", "httpx")
COMMANDS = sorted(skipper.commands)


@pytest.fixture
def config(tmp_path):
    """A settings file that names nothing."""
    file = tmp_path / "skipper.toml"
    file.write_text("")
    return file


def lines(capfd):
    return capfd.readouterr().err.splitlines()


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from bot.cli.root import run; run(['--help']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "Commands:" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capfd):
    assert run([command, "--help"]) == 0
    assert command in capfd.readouterr().out


def test_the_version_is_told(capfd):
    assert run(["--version"]) == 0
    assert capfd.readouterr().out.startswith("skipper, version ")


@pytest.mark.parametrize(
    "words",
    [
        ["sail"],
        ["status", "--sail"],
        ["demo", "--speed", "0"],
        ["demo", "--chat-port", "70000"],
        ["sandbox", "chat", "--port", "0"],
        ["sandbox", "exchange", "--port", "0", "--key", "x"],
        ["users", "promote", "1", "--role", "king"],
    ],
)
def test_bad_usage_is_one_line_and_code_two(words, capfd):
    assert run(words) == 2

    (line,) = lines(capfd)
    assert line.startswith("skipper: ")
    assert "--help" in line


@pytest.mark.parametrize("command", ["run", "check", "status", "positions", "trades", "orders"])
def test_a_missing_settings_file_is_one_line_and_code_two(command, tmp_path, capfd):
    assert run([command, "--config", str(tmp_path / "none.toml")]) == 2

    (line,) = lines(capfd)
    assert "config.example.toml" in line


def test_wrong_settings_are_a_line_each(config, capfd):
    config.write_text("[log]\nlevel = 'loud'\n[exchange]\nallow_live = 1\n")

    assert run(["status", "--config", str(config)]) == 2
    assert len(lines(capfd)) == 2


def test_run_without_a_token_says_where_tokens_come_from(config, capfd, monkeypatch):
    monkeypatch.delenv("SKIPPER_TELEGRAM_TOKEN", raising=False)

    assert run(["run", "--config", str(config)]) == 2
    assert "BotFather" in lines(capfd)[0]


@pytest.mark.parametrize("command", ["status", "positions", "trades", "orders"])
def test_reading_without_a_database_says_who_makes_it(command, config, capfd):
    assert run([command, "--config", str(config)]) == 2
    assert "no database" in lines(capfd)[0]


def test_a_master_key_is_made_once(config, capfd):
    path = config.parent / "master.key"

    assert run(["keys", "new-master", "--config", str(config)]) == 0
    made = load_master_key(path)
    assert run(["keys", "new-master", "--config", str(config)]) == 2

    assert load_master_key(path) == made
    assert path.stat().st_mode & 0o077 == 0


def test_rotating_needs_the_service_to_be_stopped(config, capfd):
    new_master_key(config.parent / "master.key")

    with InstanceLock(config.parent / "skipper.db.lock"):
        assert run(["keys", "rotate", "--config", str(config)]) == 1

    assert "running already: process" in lines(capfd)[0]


def test_a_demo_needs_a_folder_of_its_own(tmp_path, capfd):
    (tmp_path / "something").touch()

    assert run(["demo", "--dir", str(tmp_path)]) == 1
    assert "not empty" in lines(capfd)[0]
