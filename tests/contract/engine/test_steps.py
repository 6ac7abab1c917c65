"""Deaths spread over every scenario; all of them: ``python -m tests.chaos.steps``."""

import gc

import pytest

from tests.contract.engine.scenarios import SCENARIOS
from tests.contract.engine.steps import die_at

_DEATHS = 4
# Whoever dies inside a reading unit leaves its connection to the collector, which complains.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The garbage collector"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _left_connections():
    yield
    gc.collect()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
async def test_a_death_at_any_step_leaves_books_that_agree_and_nothing_uncovered(
    scenario, template, tmp_path
):
    whole = await die_at(scenario(), None, template, tmp_path / "whole")
    assert whole.problems == []
    stride = whole.steps // _DEATHS + 1
    for last in range(stride // 2 + 1, whole.steps, stride):
        run = await die_at(scenario(), last, template, tmp_path / str(last))
        assert (run.last, run.problems) == (last, [])
