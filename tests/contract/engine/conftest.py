"""Fixtures: a lab whose engine runs, and one whose engine does not run yet."""

import pytest

from tests.contract.engine.lab import opened


@pytest.fixture
async def still(tmp_path):
    async with opened(tmp_path) as ready:
        yield ready


@pytest.fixture
async def lab(still):
    await still.begin()
    return still
