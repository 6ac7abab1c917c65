"""No secret reaches a log line, in whatever way it got into it."""

import io
import json
import logging
import sys

import pytest
import structlog

from engine.runtime.health import read_health, write_health
from engine.runtime.observe import Redactor, redactor, set_up_logs

TOKEN = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
LOCAL = "plain-value-of-a-local"
FERNET = "gAAAAABmVvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv_-vvvvvvvvv=="
SECRETS = {
    "token": (f"https://api.telegram.org/bot{TOKEN}/getMe", TOKEN),
    "quoted token": (f"bot{TOKEN.replace(':', '%3A')}/x", TOKEN[10:]),
    "api key header": ("{'X-MBX-APIKEY': 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zv'}", "vmPUZE6mv9"),
    "signature": ("/api?timestamp=1&signature=c8db56825ae71d6d79447849e617115f", "c8db5682"),
    "ed25519 signature": ("signature=HMVc9lQSgrHKhN%2FqZ%2Bx%3D%3D&x=1", "HMVc9lQS"),
    "listen key": ('{"listenKey": "pqia91ma19a5s61cv6a81va65sdf19v8"}', "pqia91ma"),
    "fernet": (f"sealed {FERNET}", FERNET),
    "private key": (
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----",
        "MC4CAQAw",
    ),
}


def fail(text, api_secret=""):
    """Raise, with a secret among the local variables."""
    raise ValueError(text)


@pytest.fixture
def logs(monkeypatch):
    """Starts logging in a style and returns what is written."""
    kept = logging.root.handlers[:], logging.root.level
    stream = io.StringIO()

    def begin(style):
        monkeypatch.setattr(sys, "stderr", stream)
        set_up_logs("info", style)
        return stream

    yield begin
    logging.root.handlers, level = kept
    logging.root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.mark.parametrize("style", ["console", "json"])
@pytest.mark.parametrize("case", SECRETS, ids=SECRETS)
def test_a_secret_is_hidden_wherever_it_stands(logs, style, case):
    text, secret = SECRETS[case]
    stream = logs(style)

    structlog.get_logger("a").warning("event", where={"deep": [text]}, direct=text)
    logging.getLogger("library").error("said %s", text)
    try:
        fail(text)
    except ValueError:
        structlog.get_logger("a").exception("failed")

    assert "failed" in stream.getvalue()
    assert secret not in stream.getvalue()
    assert "[hidden]" in stream.getvalue()


@pytest.mark.parametrize("style", ["console", "json"])
def test_local_variables_of_a_failing_function_are_not_written(logs, style):
    stream = logs(style)

    try:
        fail("cause", api_secret=LOCAL)
    except ValueError:
        structlog.get_logger("a").exception("failed")

    assert "cause" in stream.getvalue()
    assert LOCAL not in stream.getvalue()


def test_a_registered_secret_is_hidden_also_when_quoted():
    redact = Redactor()
    redact.register("pass/word+1")

    assert redact.redact("a pass/word+1 b pass%2Fword%2B1") == "a [hidden] b [hidden]"


def test_a_short_word_is_not_registered():
    redact = Redactor()
    redact.register("a")

    assert redact.redact("a cat") == "a cat"


def test_ordinary_text_stays():
    text = "BTCUSDT 12:30:15 order sk1a-2-3-e1 price 64000.10 at 1780056000000"

    assert redactor.redact(text) == text


def test_libraries_are_quiet_below_warning(logs):
    stream = logs("console")

    logging.getLogger("httpx").info("HTTP Request: POST https://…")
    logging.getLogger("telegram.ext").info("polling")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("style", ["console", "json"])
def test_foreign_text_cannot_forge_a_line_or_colour_the_terminal(logs, style):
    stream = logs(style)

    structlog.get_logger("a").info("refused", message="x\r\n2026 [info] all sold \x1b[31m")

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b[31m" not in stream.getvalue()


def test_json_lines_are_objects(logs):
    stream = logs("json")

    structlog.get_logger("engine").info("trading", bots=2)

    line = json.loads(stream.getvalue())
    assert (line["event"], line["bots"], line["logger"]) == ("trading", 2, "engine")


def test_a_log_folder_gets_a_file(logs, tmp_path):
    logs("console")
    set_up_logs("info", "json", tmp_path / "logs")

    structlog.get_logger("engine").info("hello")
    for handler in logging.root.handlers:
        handler.close()

    assert "hello" in (tmp_path / "logs" / "skipper.log").read_text()


def test_health_is_read_back_with_its_age(tmp_path):
    write_health(tmp_path / "health.json", {"trading": True})

    facts = read_health(tmp_path / "health.json")

    assert facts["trading"] is True
    assert 0 <= facts["age"] < 5


def test_no_health_is_no_error(tmp_path):
    (tmp_path / "broken").write_text("{")

    assert read_health(tmp_path / "none") is None
    assert read_health(tmp_path / "broken") is None
