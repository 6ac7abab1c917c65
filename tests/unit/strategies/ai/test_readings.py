"""Indicators for the model: reckoned once per candle, the same as over the whole history."""

from engine.strategies.ai.readings import Reader
from tests.unit.strategies.ai.make import candle

WINDOW = 260
HISTORY = [candle(n, 100 + n * 37 % 11 / 7, volume=1 + n % 5) for n in range(400)]


def test_candle_by_candle_it_reads_what_the_whole_history_reads():
    whole = Reader().read(HISTORY)
    reader = Reader()
    for end in range(WINDOW, len(HISTORY) + 1):
        window = reader.read(HISTORY[max(0, end - WINDOW) : end])

    assert window == whole[-WINDOW:]


def test_the_same_candle_twice_changes_nothing():
    reader = Reader()
    first = list(reader.read(HISTORY[:WINDOW]))

    assert reader.read(HISTORY[:WINDOW])[-100:] == first[-100:]


def test_after_a_gap_everything_is_reckoned_anew():
    reader = Reader()
    reader.read(HISTORY[:50])

    again, anew = reader.read(HISTORY[100:360]), Reader().read(HISTORY[100:360])
    assert again[-100:] == anew[-100:]
