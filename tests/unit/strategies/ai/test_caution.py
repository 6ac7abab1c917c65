"""What the last trades demand, at the edges of every rule."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.position import ExitReason
from engine.strategies.ai.caution import Caution, Record, caution_of, record_of
from tests.unit.strategies.ai.make import trade

STOP, TARGET = ExitReason.STOP_LOSS, ExitReason.TAKE_PROFIT


def trades(*results):
    """Newest first; a loss ended at its stop."""
    return [trade(r, TARGET if r > 0 else STOP) for r in results]


def test_the_record_counts_the_last_fifteen_alone():
    record = record_of(trades(*[1] * 15, *[-1] * 30))

    assert record == Record(
        15, Decimal(100), Decimal(1), Decimal(0), Decimal(100), (Decimal(1),) * 5
    )


def test_the_last_five_are_told_from_the_oldest_on():
    assert record_of(trades(5, 4, 3, 2, 1, -9)).recent == (
        Decimal(1),
        Decimal(2),
        Decimal(3),
        Decimal(4),
        Decimal(5),
    )


def test_without_trades_nothing_but_the_least_confidence_is_asked():
    assert caution_of(record_of([])) == Caution(60, 0, Decimal(1))


@pytest.mark.parametrize(
    ("results", "least"),
    [([1] * 6 + [-1] * 9, 60), ([1] * 5 + [-1] * 10, 85), ([-1, 1, 1], 60), ([0], 85)],
)
def test_below_forty_percent_of_wins_confidence_must_reach_eighty_five(results, least):
    assert caution_of(record_of(trades(*results))).least == least


@pytest.mark.parametrize(
    ("results", "penalty"),
    [
        ([-1] * 5 + [9] * 5, 20),
        ([-1] * 4 + [9] * 5, 0),
        ([-1] * 4, 0),
        ([-1, -1, 0, -1, -1], 0),
        ([-1] * 5, 20),
    ],
)
def test_five_losses_in_a_row_cost_twenty_points(results, penalty):
    assert caution_of(record_of(trades(*results))).penalty == penalty


@pytest.mark.parametrize(
    ("stopped", "size"),
    [(9, Decimal(1)), (10, Decimal("0.5")), (0, Decimal(1)), (15, Decimal("0.5"))],
)
def test_more_than_sixty_percent_of_stops_halve_the_size(stopped, size):
    ended = [trade(1, STOP)] * stopped + [trade(1, TARGET)] * (15 - stopped)

    assert caution_of(record_of(ended)).size == size


@given(st.integers(-50, 200), st.lists(st.integers(-5, 5), max_size=20))
def test_no_setting_asks_for_less_than_sixty(wanted, results):
    caution = caution_of(record_of(trades(*results)), wanted)

    assert caution.least >= max(60, wanted)
    assert caution.size <= 1
