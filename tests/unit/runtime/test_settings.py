"""A settings file is checked whole; every problem is one line that says how to mend it."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from engine.core.bot_config import Environment, Mode
from engine.core.errors import ConfigError
from engine.runtime.settings import Section, Settings, load_settings, make_settings

EXAMPLE = Path(__file__).resolve().parents[3] / "config.example.toml"
TOKEN = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz012345678"


@pytest.fixture
def load(tmp_path):
    def loader(text, environ=None):
        file = tmp_path / "skipper.toml"
        file.write_text(text)
        return load_settings(file, environ or {})

    return loader


@pytest.fixture
def complaint(load):
    def of(text, environ=None):
        with pytest.raises(ConfigError) as caught:
            load(text, environ)
        return str(caught.value)

    return of


def fields():
    """Dotted key of every setting."""
    for name, section in Settings.model_fields.items():
        assert issubclass(section.annotation, Section)
        yield from ((name, field) for field in section.annotation.model_fields)


def test_the_example_loads_and_gives_the_defaults(tmp_path):
    copy = tmp_path / "skipper.toml"
    copy.write_text(EXAMPLE.read_text())

    assert load_settings(copy, {}) == make_settings(tmp_path)


def test_the_example_with_every_line_switched_on_names_no_unknown_setting(complaint):
    everything = re.sub(r"(?m)^#(?=\w+ = )", "", EXAMPLE.read_text())

    problems = complaint(everything)

    assert "no such setting" not in problems
    assert "token or token_file, not both" in problems


@pytest.mark.parametrize("setting", list(fields()), ids=".".join)
def test_every_setting_stands_in_the_example_below_a_comment(setting):
    section, name = setting
    body = re.search(rf"(?ms)^\[{section}\]$(.*?)(?=^\[|\Z)", EXAMPLE.read_text())[1]
    blocks = [block for block in body.split("\n\n") if re.search(rf"(?m)^#?{name} = ", block)]

    assert len(blocks) == 1
    assert re.match(r"\s*# [A-Z]", blocks[0])


def test_the_example_shows_the_defaults():
    shown = tomllib.loads(EXAMPLE.read_text())
    defaults = Settings.model_fields["exchange"].annotation()

    assert shown["exchange"]["clock_rate"] == defaults.clock_rate
    assert shown["exchange"]["allow_live"] is defaults.allow_live is False


def test_an_unknown_setting_is_named_with_its_line_and_the_likely_one(complaint):
    assert complaint("[telegram]\n\ntokn = 'x'\n").endswith(
        "skipper.toml:3: telegram.tokn: there is no such setting; did you mean token?"
    )


def test_an_unknown_section_is_answered_with_those_there_are(complaint):
    text = complaint("[foo]\nbar = 1\n")

    assert "skipper.toml:1: foo: there is no such setting" in text
    assert "telegram, exchange, database, security, log" in text


def test_a_wrong_value_is_shown_beside_what_is_allowed(complaint):
    assert complaint("[exchange]\nenvironment = 'prod'\n").endswith(
        "skipper.toml:2: exchange.environment = 'prod': allowed are 'local', 'testnet' or 'live'"
    )


def test_every_problem_has_its_own_line(complaint):
    text = complaint("[exchange]\nclock_rate = -1\n[log]\nlevel = 'loud'\n[x]\n")

    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[exchange]\nallow_live = 'yes'\n", "exchange.allow_live = 'yes'"),
        ("[exchange]\nallow_live = true\nenvironment = 'testnet'\n", "needs environment live"),
        ("[exchange]\nenvironment = 'local'\n", "base_url is needed"),
        ("[exchange]\nbase_url = 'http://127.0.0.1:1'\n", "base_url is needed"),
        ("[exchange]\nclock_rate = 60\n", "clock_rate is for environment local"),
        ("[exchange]\nenvironment='local'\nbase_url = 'ftp://x'\n", "http:// or https://"),
        ("[telegram]\noperators = ['1']\n", "telegram.operators.0 = '1'"),
        ("[telegram]\noperators = [0]\n", "greater than 0"),
        ("[database]\nurl = 'sqlite://'\n", "sqlite:///FILE"),
        ("[database]\nurl = 'sqlite+other:///x.db'\n", "sqlite:///FILE"),
        ("telegram = 'x'\n", "telegram"),
        ("[telegram\n", "not valid TOML"),
        ("[log]\nlevel = 'info'\nlevel = 'info'\n", "line 3"),
    ],
)
def test_what_cannot_be_meant_is_refused(complaint, text, part):
    assert part in complaint(text)


@pytest.mark.parametrize("secret", ["123456789:short-secret", ""])
def test_a_wrong_token_is_named_and_never_shown(complaint, secret):
    text = complaint(f"[telegram]\ntoken = '{secret}'\n")

    assert "telegram.token" in text
    assert "short-secret" not in text


def test_the_password_of_a_wrong_database_url_is_not_shown(complaint):
    text = complaint("[database]\nurl = 'mysql://me:hunter2@host/db'\n")

    assert "database.url" in text
    assert "hunter2" not in text


def test_secrets_do_not_print(load):
    settings = load(
        f"[telegram]\ntoken = '{TOKEN}'\n[database]\nurl = 'postgresql://me:hunter2@host/db'\n"
    )

    shown = f"{settings!r} {settings} {settings.telegram!r} {settings.database!r}"
    assert TOKEN not in shown
    assert "hunter2" not in shown
    assert settings.token.get_secret_value() == TOKEN


def test_a_missing_file_says_where_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match=r"No such file.*config\.example\.toml"):
        load_settings(tmp_path / "none.toml", {})


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "skipper.toml"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings(file, {})


def test_the_environment_gives_the_token(load):
    assert load("", {"SKIPPER_TELEGRAM_TOKEN": TOKEN}).token.get_secret_value() == TOKEN


def test_a_token_file_beside_the_settings_gives_the_token(load, tmp_path):
    (tmp_path / "t").write_text(f"{TOKEN}\n")

    assert load("[telegram]\ntoken_file = 't'\n").token.get_secret_value() == TOKEN


@pytest.mark.parametrize("content", ["", "no token", f"{TOKEN} and more"])
def test_a_token_file_without_a_token_is_refused(complaint, tmp_path, content):
    (tmp_path / "t").write_text(content)

    assert "telegram.token_file" in complaint("[telegram]\ntoken_file = 't'\n")


def test_a_missing_token_is_noticed_where_it_is_needed(load):
    with pytest.raises(ConfigError, match="BotFather"):
        load("").token.get_secret_value()


def test_relative_paths_count_from_the_settings_file(load, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    settings = load("[log]\ndirectory = 'logs'\n")

    assert settings.database.sqlite_path == tmp_path / "skipper.db"
    assert settings.security.master_key_file == tmp_path / "master.key"
    assert settings.log.directory == tmp_path / "logs"


def test_an_absolute_database_path_stays(load):
    settings = load("[database]\nurl = 'sqlite:////var/lib/skipper/x.db'\n")

    assert settings.database.sqlite_path == Path("/var/lib/skipper/x.db")


@pytest.mark.parametrize("kind", ["postgresql", "postgresql+asyncpg"])
def test_postgresql_has_no_file(load, kind):
    database = load(f"[database]\nurl = '{kind}://h/n'\n").database

    assert database.sqlite_path is None
    assert database.url == "postgresql+asyncpg://h/n"


@pytest.mark.parametrize(
    ("environment", "allow", "modes"),
    [
        (Environment.LIVE, False, {Mode.PAPER}),
        (Environment.LIVE, True, {Mode.PAPER, Mode.LIVE}),
        (Environment.TESTNET, False, {Mode.PAPER, Mode.TESTNET}),
        (Environment.LOCAL, False, {Mode.PAPER, Mode.LOCAL}),
    ],
)
def test_real_money_needs_the_operators_word(tmp_path, environment, allow, modes):
    local = {"base_url": "http://127.0.0.1:9100"} if environment is Environment.LOCAL else {}
    exchange = {"environment": environment.value, "allow_live": allow, **local}

    assert make_settings(tmp_path, exchange=exchange).exchange.modes == modes


def test_the_liquidity_floor_is_a_list_and_a_volume(load, complaint):
    text = '[limits]\nsymbols = ["BTCUSDT"]\nmin_volume_24h = 1e6\n'
    floor = load(text).limits.floor
    assert (floor.lists("BTCUSDT"), floor.lists("ETHUSDT")) == (True, False)
    assert (floor.deep_enough(Decimal(10**6)), floor.deep_enough(Decimal(999_999))) == (
        True,
        False,
    )
    assert "limits.symbols" in complaint('[limits]\nsymbols = ["btc/usdt"]\n')
    assert "limits.min_volume_24h" in complaint("[limits]\nmin_volume_24h = -1\n")
