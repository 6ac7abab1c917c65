from decimal import Decimal

import pytest

from engine.core.errors import InvalidValue
from engine.strategies.base import Param
from engine.strategies.registry import BUILT_IN, strategy

EMA_RSI = strategy("ema_rsi")
WHOLE = Param("period", "int", 8, "param.period", low=2, high=50)
REAL = Param("level", "float", 35.0, "param.level", low=1, high=99)
WORD = Param("mode", "choice", "trend", "param.mode", choices=("trend", "reversal"))
TRUTH = Param("confirm", "bool", True, "param.confirm")


def refusal(param, raw):
    with pytest.raises(InvalidValue) as caught:
        param.parse(raw)
    return caught.value


@pytest.mark.parametrize(
    ("param", "raw", "value"),
    [
        (WHOLE, 8, 8),
        (WHOLE, "8", 8),
        (WHOLE, " 8.0 ", 8),
        (WHOLE, Decimal(50), 50),
        (WHOLE, 2, 2),
        (REAL, "35.5", 35.5),
        (REAL, 99, 99.0),
        (WORD, " Reversal ", "reversal"),
        (TRUTH, False, False),
        (TRUTH, "Yes", True),
        (TRUTH, "off", False),
    ],
)
def test_numbers_words_and_typed_text_become_typed_values(param, raw, value):
    parsed = param.parse(raw)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("raw", [1, 51, "1", 1e30, -8])
def test_a_number_outside_the_range_is_refused_with_the_range(raw):
    error = refusal(WHOLE, raw)
    assert (error.field, error.value, error.problem) == ("period", raw, "range")
    assert (error.params["low"], error.params["high"]) == (2, 50)


@pytest.mark.parametrize("raw", ["", "eight", None, True, "nan", "inf", "8,5"])
@pytest.mark.parametrize("param", [WHOLE, REAL])
def test_what_is_no_number_is_refused(param, raw):
    assert refusal(param, raw).problem == "not_a_number"


def test_a_fraction_is_refused_where_a_whole_number_is_asked_for():
    assert refusal(WHOLE, "8.5").problem == "not_whole"


@pytest.mark.parametrize(("param", "raw"), [(WORD, "both"), (TRUTH, "perhaps"), (TRUTH, None)])
def test_a_word_that_is_no_choice_is_refused_with_the_choices(param, raw):
    error = refusal(param, raw)
    assert error.problem == "choice"
    assert error.params["choices"]


def test_defaults_are_filled_in():
    assert EMA_RSI.validate({}) == {
        "ema_fast": 8,
        "ema_slow": 21,
        "rsi_period": 7,
        "oversold": 35.0,
        "overbought": 65.0,
        "rsi_filter": "trend",
    }


def test_an_unknown_parameter_is_refused_with_the_known_ones():
    with pytest.raises(InvalidValue) as caught:
        EMA_RSI.validate({"speed": 3})
    assert caught.value.problem == "unknown_param"
    assert "ema_fast" in caught.value.params["choices"]


@pytest.mark.parametrize(
    ("raw", "field", "other", "limit"),
    [
        ({"ema_fast": 21}, "ema_fast", "ema_slow", 21),
        ({"ema_fast": 30, "ema_slow": 21}, "ema_fast", "ema_slow", 21),
        ({"oversold": 65}, "oversold", "overbought", 65.0),
    ],
)
def test_the_lower_of_a_pair_must_be_below_the_upper(raw, field, other, limit):
    with pytest.raises(InvalidValue) as caught:
        EMA_RSI.validate(raw)
    error = caught.value
    assert (error.field, error.problem) == (field, "not_below")
    assert error.params["other"] == other
    assert error.params["limit"] == limit


@pytest.mark.parametrize(
    ("raw", "candles"),
    [
        ({}, 210),
        ({"ema_fast": 5, "ema_slow": 15}, 200),
        ({"ema_fast": 50, "ema_slow": 200}, 2000),
        ({"rsi_period": 40}, 400),
    ],
)
def test_the_warm_up_is_ten_times_the_slowest_period_and_at_least_200(raw, candles):
    assert EMA_RSI.warmup(EMA_RSI.validate(raw)) == candles


def test_equal_parameters_have_one_key_however_they_were_typed():
    one = EMA_RSI.validate({"ema_fast": "8", "oversold": 35})
    assert EMA_RSI.key(one) == EMA_RSI.key(EMA_RSI.validate({}))
    assert EMA_RSI.key(one) != EMA_RSI.key(EMA_RSI.validate({"ema_fast": 9}))
    assert hash(EMA_RSI.key(one))


def test_a_strategy_is_found_by_its_name_and_others_are_refused():
    assert all(strategy(name).name == name for name in BUILT_IN)
    with pytest.raises(InvalidValue) as caught:
        strategy("magic")
    assert "ema_rsi" in caught.value.params["choices"]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_default_is_allowed(name):
    built_in = strategy(name)
    defaults = {param.name: param.default for param in built_in.params}
    assert built_in.validate(defaults) == defaults
