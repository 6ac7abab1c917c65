import pytest

from engine.market.window import Window
from tests.fakes.market import candle_at

MINUTES = [candle_at(60_000 * n) for n in range(10)]


def test_candles_come_out_as_they_went_in():
    window = Window(20, MINUTES)
    assert list(window) == MINUTES
    assert isinstance(next(iter(window)).open_time, int)
    assert (window.first, window.last, len(window)) == (MINUTES[0], MINUTES[-1], 10)


def test_the_oldest_leaves_a_full_window():
    window = Window(4, MINUTES)
    assert list(window) == MINUTES[-4:]


def test_the_newest_are_given_oldest_first_and_never_more_than_there_are():
    window = Window(20, MINUTES)
    assert window.newest(3) == MINUTES[-3:]
    assert window.newest(99) == MINUTES
    assert window.newest(0) == []


def test_an_empty_window_has_neither_first_nor_last():
    window = Window(4)
    assert (window.first, window.last, len(window), list(window)) == (None, None, 0, [])


@pytest.mark.parametrize("again", [MINUTES[-1], MINUTES[3]])
def test_a_candle_that_is_not_newer_is_refused(again):
    window = Window(20, MINUTES)
    with pytest.raises(ValueError, match="after"):
        window.append(again)
    assert list(window) == MINUTES
