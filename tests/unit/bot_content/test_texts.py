"""Every word that the code can name has a sentence, and every sentence can be filled in."""

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

from bot.texts import Texts
from engine.core.account import KeyState, Role
from engine.core.bot_config import Environment, Mode
from engine.core.bot_state import BotState
from engine.core.checks import CHECKS
from engine.core.errors import SkipperError
from engine.core.events import AlertKind
from engine.core.market import Market, Side, StreamState
from engine.core.order import OrderState
from engine.core.position import ExitReason, PositionSide, ProtectionState
from engine.strategies.registry import BUILT_IN

ROOT = Path(__file__).parents[3]
CATALOGUE = tomllib.loads((ROOT / "bot/texts/en.toml").read_text(encoding="utf-8"))
TEXTS = Texts()
SPEAKERS = {"say", "plain", "fill", "button", "Conflict", "Forbidden", "Alarm", "_line", "_warned"}
KEY = re.compile(r"[a-z_]+(\.[a-z_]*[a-z])+")
TABLES = [
    ("mode", Mode),
    ("mode_choice", Mode),
    ("env", Environment),
    ("market", Market),
    ("side", PositionSide),
    ("order_side", Side),
    ("order_state", OrderState),
    ("exit", ExitReason),
    ("protection", ProtectionState),
    ("card.title", BotState),
    ("card.state", BotState),
    ("bots.line", BotState),
    ("bots.holding", BotState),
    ("card.stream", StreamState),
    ("status.stream", StreamState),
    ("keys.state", KeyState),
    ("role", Role),
]
CHECK_NAMES = [name for name, _ in CHECKS] + ["stream", "reconciled", "clock", "step", "too_large"]
REASONS = [
    *("ema_cross_up", "ema_cross_down", "rsi_blocked_buy", "rsi_blocked_sell"),
    *("no_cross", "warming_up", "rsi_cheap", "rsi_dear", "rsi_between"),
    *("rsi_cheap_unconfirmed", "rsi_dear_unconfirmed"),
    *("macd_cross_up", "macd_cross_down", "no_macd_cross"),
    *("below_band", "above_band", "within_bands"),
    *("plain_cross_up", "plain_cross_down", "no_plain_cross", "own_words", "no_words"),
]


def leaves(table, path=""):
    for name, value in table.items():
        where = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from leaves(value, where)
        else:
            yield where, value


def families(kind):
    for child in kind.__subclasses__():
        yield child
        yield from families(child)


def sources():
    for folder in ("bot", "engine", "storage"):
        for path in (ROOT / folder).rglob("*.py"):
            if "sandbox" not in path.parts and "simulator" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def keys_in_calls():
    """Constant arguments of the calls that take the key of a text."""
    for path, source in sources():
        for node in ast.walk(source):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in SPEAKERS:
                for argument in node.args[:2]:
                    for each in ast.walk(argument):
                        if isinstance(each, ast.Constant) and KEY.fullmatch(str(each.value)):
                            yield path.name, str(each.value)


@pytest.mark.parametrize(("table", "names"), TABLES, ids=[name for name, _ in TABLES])
def test_every_member_of_an_enum_has_its_text(table, names):
    missing = [name for name in names if not TEXTS.has(f"{table}.{name.value}")]
    assert not missing


def test_every_check_and_every_signal_reason_has_its_text():
    keys = [f"check.{name}" for name in CHECK_NAMES] + [f"signal.{name}" for name in REASONS]
    assert not [key for key in keys if not TEXTS.has(key)]


def test_every_check_has_a_name_for_the_list():
    assert not [name for name, _ in CHECKS if not TEXTS.has(f"check_name.{name}")]


def test_every_parameter_of_every_strategy_is_named_and_explained():
    for strategy in BUILT_IN.values():
        for param in strategy.params:
            assert TEXTS.has(param.help)
            assert TEXTS.has(f"field.{param.name}")


def test_every_error_has_its_text():
    keys = {kind.key for kind in families(SkipperError)} | {SkipperError.key}
    assert not [key for key in keys if not TEXTS.has(key)]


def test_every_alert_kind_has_a_sentence_that_begins_with_its_name():
    for kind in AlertKind:
        assert any(key.startswith(f"alert.{kind.value}") for key, _ in leaves(CATALOGUE))


def test_every_key_that_the_code_names_is_in_the_catalogue():
    named = set(keys_in_calls())
    assert len(named) > 100
    assert not [(path, key) for path, key in named if not TEXTS.has(key)]


def test_every_problem_that_the_code_raises_has_its_sentence():
    problems = set()
    for _, source in sources():
        for node in ast.walk(source):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InvalidValue"
            if called and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
                problems.add(node.args[2].value)
    assert not [name for name in problems if not TEXTS.has(f"invalid.{name}")]


@pytest.mark.parametrize(("key", "entry"), list(leaves(CATALOGUE)))
def test_every_entry_is_a_format_with_plain_names_and_balanced_tags(key, entry):
    names = [name for _, name, _, _ in string.Formatter().parse(entry) if name is not None]
    assert all(name.isidentifier() and name not in {"self", "key"} for name in names)
    for tag in ("b", "i", "code"):
        assert entry.count(f"<{tag}>") == entry.count(f"</{tag}>")
    if key.split(".")[0] in {"check", "exit", "signal", "why", "side", "span", "mode", "button"}:
        assert "<" not in entry


def test_plural_entries_have_both_forms():
    for key, _ in leaves(CATALOGUE):
        if key.endswith(".one"):
            assert TEXTS.has(f"{key.removesuffix('.one')}")
            assert TEXTS.say(key.removesuffix(".one"), **dict.fromkeys(_names(key), 1))


def _names(key):
    stem = key.removesuffix(".one")
    entries = [text for name, text in leaves(CATALOGUE) if name.startswith(f"{stem}.")]
    return {
        name for text in entries for _, name, _, _ in string.Formatter().parse(text) if name
    } | {"n"}
