"""Rounding is exact and goes where it says."""

from decimal import Decimal

import pytest
from hypothesis import given

from engine.core.money import ceil_to_step, fixed, floor_to_step, percent_of
from tests.unit.core.build import D, decimals, steps

ANY = decimals("-1000000", "1000000")


@given(ANY, steps())
def test_floor_is_the_largest_multiple_not_above(value, step):
    floored = floor_to_step(value, step)

    assert floored % step == 0
    assert floored <= value < floored + step


@given(ANY, steps())
def test_ceiling_is_the_smallest_multiple_not_below(value, step):
    raised = ceil_to_step(value, step)

    assert raised % step == 0
    assert raised - step < value <= raised


@given(ANY, steps())
def test_a_rounded_value_stays_where_it_is(value, step):
    floored = floor_to_step(value, step)

    assert floor_to_step(floored, step) == ceil_to_step(floored, step) == floored


@given(ANY)
def test_a_step_of_zero_changes_nothing(value):
    assert floor_to_step(value, D(0)) == ceil_to_step(value, D(0)) == value


@given(decimals("-1000000000", "1000000000", places=12))
def test_fixed_text_is_exact_and_plain(value):
    text = fixed(value)

    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+2", "100"),
        ("0.00001000", "0.00001"),
        ("-0.0", "0"),
        ("0E-8", "0"),
        ("1E-8", "0.00000001"),
        ("120", "120"),
        ("-1.50", "-1.5"),
    ],
)
def test_fixed_text_by_example(value, text):
    assert fixed(D(value)) == text


def test_percent_counts_hundredths():
    assert percent_of(D(250), D("1.5")) == D("3.75")
