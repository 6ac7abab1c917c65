"""An answer is one JSON object of exactly the schema, about our symbol, or it is none."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.strategies.ai.answer import FIELDS, LONGEST_REASON, Answer, clean, parse
from tests.unit.strategies.ai.make import answer


def without(name):
    said = json.loads(answer())
    del said[name]
    return json.dumps(said)


def test_a_well_formed_answer_is_read_as_it_stands():
    read = parse(answer(), "BTCUSDT")

    assert read.model_dump() == json.loads(answer())
    assert list(FIELDS) == list(Answer.model_fields)


def test_a_hold_needs_no_prices():
    prices = {"entry": None, "stop_loss": None, "take_profit": None}

    assert isinstance(parse(answer(signal="HOLD", **prices), "BTCUSDT"), Answer)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("I would buy here.", "not_json"),
        (f"Sure! {answer()}", "not_json"),
        (f"```json\n{answer()}\n```", "not_json"),
        (f"{answer()} {answer()}", "not_json"),
        (answer()[:-20], "cut"),
        (answer(reason="x" * 9000), "too_long"),
        ("[" * 5000, "not_json"),
        (answer().replace('"BUY"', '"BUY", "signal": "SELL"'), "not_json"),
        (answer().replace("99.5", "NaN"), "not_json"),
        (answer().replace("99.5", "Infinity"), "not_json"),
        (answer().replace("99.5", "1e999"), "schema"),
        (json.dumps([json.loads(answer())]), "schema"),
        ("null", "schema"),
        (answer(signal="buy"), "schema"),
        (answer(signal="CLOSE"), "schema"),
        (answer(confidence=101), "schema"),
        (answer(confidence=-1), "schema"),
        (answer(confidence=80.5), "schema"),
        (answer(confidence="80"), "schema"),
        (answer(confidence=True), "schema"),
        (answer(entry="100"), "schema"),
        (answer(entry=0), "schema"),
        (answer(stop_loss=-1), "schema"),
        (answer(reason=None), "schema"),
        (answer(size_factor=5), "schema"),
        (answer(leverage=50), "schema"),
        *((without(name), "schema") for name in FIELDS),
        (answer(symbol="ETHUSDT"), "symbol"),
        (answer(symbol="btcusdt"), "symbol"),
    ],
    ids=lambda value: value[:40],
)
def test_anything_else_is_refused_by_name(text, problem):
    assert parse(text, "BTCUSDT") == problem


@given(st.text(max_size=400))
@example("{" * 2000)
@example('{"symbol": "BTCUSDT"}')
def test_no_text_whatever_raises(text):
    assert isinstance(parse(text, "BTCUSDT"), Answer | str)


@given(st.text(max_size=600))
def test_cleaned_words_are_one_short_visible_line(words):
    line = clean(words)

    assert len(line) <= LONGEST_REASON
    assert line.isprintable()
    assert "\n" not in line


def test_words_lose_what_could_turn_or_hide_text():
    assert clean("a\u202eb\u200bc\x00d\r\n  e\ud800") == "abcd e"
