"""Column types: what goes in comes out, exactly."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from engine.core.bot_config import BotConfig
from engine.core.market import Side
from storage.types import Amounts, Choice, Config, Exact, Readings, Texts

DIALECT = sqlite.dialect()
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda value: abs(value.adjusted()) < 60
)


def through(kind, value):
    """The value after a way through the database, and the text it was stored as."""
    stored = kind.process_bind_param(value, DIALECT)
    return kind.process_result_value(stored, DIALECT), stored


@given(DECIMALS)
def test_a_decimal_comes_back_exactly_without_exponent(value):
    back, stored = through(Exact(), value)
    assert back == value
    assert "e" not in stored.lower()


@given(DECIMALS, st.integers(0, 20))
def test_equal_decimals_are_stored_as_equal_texts(value, zeros):
    sign, digits, exponent = value.as_tuple()
    same = Decimal((sign, digits + (0,) * zeros, exponent - zeros))
    assert same == value
    assert through(Exact(), same)[1] == through(Exact(), value)[1]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_not_finite_is_refused(text):
    with pytest.raises(ValueError, match="cannot be stored"):
        Exact().process_bind_param(Decimal(text), DIALECT)


@given(st.dictionaries(st.text(), DECIMALS))
def test_amounts_by_asset_come_back_exactly(amounts):
    assert through(Amounts(), amounts)[0] == amounts


@given(st.dictionaries(st.text(), st.text()))
def test_texts_come_back(texts):
    assert through(Texts(), texts)[0] == texts


@given(st.dictionaries(st.text(), st.floats(allow_nan=False)))
def test_readings_come_back_to_the_last_bit(readings):
    assert through(Readings(), readings)[0] == readings


def test_a_reading_that_is_no_number_comes_back_as_such():
    assert math.isnan(through(Readings(), {"rsi": math.nan})[0]["rsi"])


@given(
    st.dictionaries(
        st.text(),
        st.one_of(
            st.booleans(),
            st.integers(-(2**53), 2**53),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(),
        ),
    ),
    st.decimals("0.1", "50", places=6),
)
def test_a_configuration_comes_back_with_the_types_of_its_parameters(params, stop):
    config = BotConfig(name="x", symbol="BTCUSDT", params=params, stop_loss=stop)
    back, _ = through(Config(), config)
    assert back == config
    assert [type(v) for v in back.params.values()] == [type(v) for v in params.values()]


def test_a_choice_is_stored_by_its_value_and_an_unknown_one_is_refused():
    assert through(Choice(Side), Side.SELL) == (Side.SELL, "SELL")
    with pytest.raises(ValueError, match="HOLD"):
        Choice(Side).process_result_value("HOLD", DIALECT)


@pytest.mark.parametrize("kind", [Exact(), Amounts(), Texts(), Readings(), Config(), Choice(Side)])
def test_nothing_stays_nothing(kind):
    assert through(kind, None) == (None, None)
