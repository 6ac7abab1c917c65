"""Fixtures: a lab whose engine runs, and one whose engine does not run yet."""

import asyncio
import shutil

import pytest

from engine.cycles import doubt, execution
from storage.migrations import migrate
from tests.contract.engine.lab import opened


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty database with the schema in it."""
    path = tmp_path_factory.mktemp("template") / "lab.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def place(template, tmp_path):
    """A folder with a database of its own."""
    shutil.copy(template, tmp_path / template.name)
    return tmp_path


@pytest.fixture
async def still(place):
    async with opened(place) as ready:
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
