"""Numbers and names as people type them."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wizard.typed import name, number
from engine.core.errors import InvalidValue

LOW, HIGH = Decimal("0.1"), Decimal(50)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1", "1"), (" 1.5 ", "1.5"), ("1,5", "1.5"), ("+2", "2"), ("0,125", "0.125"), ("007", "7")],
)
def test_comma_and_dot_are_accepted(typed, value):
    assert number("stop", typed, LOW, HIGH) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("１２", "not_a_number"),
        ("٣", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("1e2", "not_a_number"),
        ("1_0", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1 000", "not_a_number"),
        ("1,000.5", "not_a_number"),
        ("", "not_a_number"),
        ("-1", "range"),
        ("−1", "range"),
        ("50.00000001", "range"),
        ("9" * 40, "range"),
        ("0", "range"),
        ("1,000", "thousands"),
    ],
)
def test_anything_else_is_refused_with_the_value_and_the_range(typed, problem):
    with pytest.raises(InvalidValue) as refused:
        number("stop", typed, LOW, HIGH, unit="%")
    assert refused.value.problem == problem
    assert refused.value.value == typed
    assert refused.value.params["low"] == "0.1"
    assert refused.value.params["high"] == "50"


def test_a_whole_number_has_no_fraction():
    with pytest.raises(InvalidValue, match="not_whole"):
        number("trades", "2.5", Decimal(1), Decimal(1000), whole=True)
    assert number("trades", "2.0", Decimal(1), Decimal(1000), whole=True) == 2


@given(st.decimals(min_value=LOW, max_value=HIGH, places=6))
def test_every_number_in_the_range_is_read_exactly(value):
    assert number("stop", format(value, "f"), LOW, HIGH) == value


@given(st.text())
def test_a_number_is_read_or_refused_and_nothing_else(typed):
    with contextlib.suppress(InvalidValue):
        assert LOW <= number("stop", typed, LOW, HIGH) <= HIGH


@given(st.text(alphabet=st.characters(), max_size=60))
def test_a_name_holds_nothing_invisible(typed):
    try:
        kept = name("name", typed)
    except InvalidValue:
        return
    assert 0 < len(kept) <= 32
    assert kept.isprintable()
    assert kept == kept.strip()


def test_direction_marks_and_control_characters_are_removed_from_names():
    assert name("name", " a\u202eb\x00\n c\u200b ") == "ab c"
