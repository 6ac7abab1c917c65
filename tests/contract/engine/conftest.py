"""Fixtures: a lab whose engine runs, and one whose engine does not run yet."""

import pytest

from engine.cycles import doubt, execution
from tests.contract.engine.lab import opened


@pytest.fixture
async def still(tmp_path):
    async with opened(tmp_path) as ready:
        yield ready


@pytest.fixture
async def lab(still):
    await still.begin()
    return still


@pytest.fixture
def quick_questions(monkeypatch):
    """Questions about orders in doubt follow each other quickly; what proves absence stays."""
    begin = doubt.Doubts.begin

    def soon(self, order, *, delay=0.0):
        begin(self, order, delay=delay / 50)

    monkeypatch.setattr(doubt, "_STEPS", (0.02,))
    monkeypatch.setattr(doubt.Doubts, "begin", soon)
    monkeypatch.setattr(execution, "_BUSY", 0.05)
