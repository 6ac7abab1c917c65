"""Whatever is wrong with an installation is one line that names it, and the right exit code."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.root import run
from engine.runtime.lock import InstanceLock
from storage.opening import check_canary, open_storage
from storage.vault import FernetVault, load_master_key, new_master_key

FRONT = """
[telegram]
token = "4200042:TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"
operators = [1]
[exchange]
environment = "local"
base_url = "http://127.0.0.1:9"
"""
DATABASE_COMMANDS = (["run"], ["migrate"], ["status"], ["trades"], ["users", "list"])


class Installation:
    """A folder with settings, a master key and a database; ``says`` runs a command in it."""

    def __init__(self, folder, capfd):
        self.folder = folder
        self.config = folder / "skipper.toml"
        self.key = folder / "master.key"
        self.database = folder / "skipper.db"
        self._capfd = capfd
        self.config.write_text(FRONT)
        new_master_key(self.key)

    def add(self, text):
        self.config.write_text(FRONT + text)

    def says(self, *words):
        """Exit code and the lines of standard error."""
        code = run([*words, "--config", str(self.config)])
        told = self._capfd.readouterr()
        assert "Traceback" not in told.err + told.out
        return code, [line for line in told.err.splitlines() if "[warning" not in line]


@pytest.fixture
def installation(tmp_path, capfd, monkeypatch):
    monkeypatch.delenv("SKIPPER_TELEGRAM_TOKEN", raising=False)
    return Installation(tmp_path, capfd)


def refused(answer, *parts):
    code, lines = answer
    assert code == 2
    assert len(lines) == 1
    for part in parts:
        assert part in lines[0]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[", "not valid TOML"),
        ("a = [", "not valid TOML"),
        ("telegramm.token = 1", "did you mean telegram?"),
        ("telegram = 5", "must be a section of its own: [telegram]"),
        ("[log]\nlevel = 5", "log.level = 5"),
        ("[exchange]\nclock_rate = nan", "clock_rate = nan"),
        ('[exchange]\nenvironment = "local"\nbase_url = "http://[::1"', "must be an address"),
        ('[exchange]\nenvironment = "local"\nbase_url = "http://x:99999"', "must be an address"),
        ('[telegram]\nbase_url = "http://x:no"', "must be an address"),
        ('[database]\nurl = "sqlite:///x\\u0000y"', "without control characters"),
        ('[database]\nurl = "sqlite:///:memory:"', "sqlite:///FILE"),
        ('[database]\nurl = "sqlite:///a?mode=ro"', "without options"),
        ('[database]\nurl = "postgresql://u:hush@h:no/n"', "is not a URL"),
        ('[security]\nmaster_key_file = "x\\u0007"', "without control characters"),
    ],
)
def test_settings_that_cannot_be_are_named(text, part, installation):
    installation.config.write_text(text)

    code, lines = installation.says("status")

    refused((code, lines), part)
    assert "hush" not in lines[0]


def test_settings_of_a_windows_editor_are_read(installation):
    installation.config.write_text("\ufeff[log]\nlevel = 'loud'")

    refused(installation.says("status"), "log.level")


@pytest.mark.parametrize("place", ["skipper.toml/x.db", "/proc/x.db", "/proc/nowhere/x.db", "."])
@pytest.mark.parametrize("words", [["run"], ["migrate"], ["keys", "rotate"]], ids=" ".join)
def test_a_database_that_cannot_be_made_is_named(place, words, installation):
    installation.add(f'[database]\nurl = "sqlite:///{place}"\n')

    refused(installation.says(*words), place.rstrip("."))


@pytest.mark.parametrize("words", DATABASE_COMMANDS, ids=" ".join)
def test_a_file_that_is_no_database_is_named(words, installation):
    installation.database.write_bytes(b"not a database " * 100)

    refused(installation.says(*words), "skipper.db", "file is not a database")


@pytest.mark.parametrize("words", DATABASE_COMMANDS, ids=" ".join)
def test_a_cut_database_is_named(words, installation):
    assert installation.says("migrate") == (0, [])
    installation.database.write_bytes(installation.database.read_bytes()[:20_000])

    refused(installation.says(*words), "skipper.db", "malformed")


@pytest.mark.parametrize("words", DATABASE_COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_version_is_named(words, installation):
    assert installation.says("migrate") == (0, [])
    with sqlite3.connect(installation.database) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    refused(installation.says(*words), "9999", "newer version")


@pytest.mark.parametrize("words", DATABASE_COMMANDS, ids=" ".join)
def test_another_programs_database_is_left_alone(words, installation):
    database = sqlite3.connect(installation.database)
    database.execute("CREATE TABLE recipes (name)")
    database.commit()
    database.close()
    before = installation.database.read_bytes()

    refused(installation.says(*words), "recipes", "file of its own")

    assert installation.database.read_bytes() == before


def test_a_migrated_database_is_private(installation, monkeypatch):
    before = os.umask(0o022)
    try:
        installation.says("migrate")
    finally:
        os.umask(before)

    assert installation.database.stat().st_mode & 0o077 == 0


def test_another_master_key_is_named(installation):
    installation.says("migrate")
    mark(installation)
    installation.key.unlink()
    new_master_key(installation.key)

    for words in (["run"], ["keys", "rotate"]):
        refused(installation.says(*words), "the master key is not the one")


@pytest.mark.parametrize("committed", [False, True])
def test_a_rotation_that_was_interrupted_is_taken_up(committed, installation):
    installation.says("migrate")
    fresh = installation.key.with_name("master.key.new")
    new = new_master_key(fresh)
    mark(installation, new if committed else None)

    assert installation.says("keys", "rotate") == (0, [])

    assert load_master_key(installation.key) == new
    assert not fresh.exists()
    assert installation.says("keys", "rotate") == (0, [])


@pytest.mark.parametrize("words", [["run"], ["keys", "rotate"]], ids=" ".join)
def test_a_second_instance_is_refused_by_name(words, installation):
    with InstanceLock(installation.folder / "skipper.db.lock"):
        code, lines = installation.says(*words)

    assert code == 1
    assert f"process {os.getpid()}" in lines[0]
    assert len(lines) == 1


def test_a_log_that_cannot_be_written_is_named(installation):
    installation.add('[log]\ndirectory = "skipper.toml"\n')

    refused(installation.says("run"), "log.directory", "skipper.toml")


@pytest.mark.parametrize(
    "words",
    [
        ["users", "disable", "99999999999999999999999"],
        ["trades", "--last", "99999999999999999999"],
        ["orders", "--last", "x"],
        ["users", "promote", "1", "--role", "king"],
    ],
    ids=" ".join,
)
def test_numbers_out_of_reach_are_bad_usage(words, installation):
    refused(installation.says(*words), "--help")


@pytest.mark.parametrize("words", [["demo"], ["sandbox", "exchange", "--port", "0"]])
def test_no_number_is_no_speed(words, capfd):
    assert run([*words, "--speed", "nan"]) == 2
    assert "'--speed': must be a number" in capfd.readouterr().err


def test_a_demo_folder_that_cannot_be_made_is_one_line(capfd):
    assert run(["demo", "--dir", "/proc/nowhere"]) == 1
    assert capfd.readouterr().err == "skipper: /proc/nowhere: No such file or directory\n"


def test_a_reader_that_goes_away_is_no_error_to_tell(installation):
    installation.says("migrate")
    command = f"{sys.executable} -m bot trades --json --config {installation.config} | true"
    folder = Path(__file__).parents[3]

    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=True)

    assert done.stderr == b""


def mark(installation, master=None):
    """What the first start leaves: the mark of its master key."""
    vault = FernetVault(master or load_master_key(installation.key))

    async def leave():
        storage = await open_storage(f"sqlite+aiosqlite:///{installation.database}")
        await check_canary(storage, vault)
        await storage.close()

    asyncio.run(leave())
