"""Deaths spread over every scenario; all of them: ``python -m tests.chaos.steps``."""

import pytest

from tests.contract.engine.scenarios import SCENARIOS
from tests.contract.engine.steps import die_at

_DEATHS = 10


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
async def test_a_death_at_any_step_leaves_books_that_agree_and_nothing_uncovered(
    scenario, template, tmp_path
):
    whole = await die_at(scenario(), None, template, tmp_path / "whole")
    assert whole.problems == []
    assert whole.steps > 3 * _DEATHS
    first = whole.steps // _DEATHS // 2
    for last in range(first, whole.steps, whole.steps // _DEATHS):
        run = await die_at(scenario(), last, template, tmp_path / str(last))
        assert (run.last, run.problems) == (last, [])
