"""The README cannot lie about the lives: their diagrams are drawn from the tables.

After a table changed: SKIPPER_WRITE_DOCS=1 pytest tests/architecture/test_diagrams.py
"""

import os
from pathlib import Path

import pytest

from tests.architecture.diagrams import BEGIN, LIVES, replaced, section

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_shows_the_tables_as_they_are():
    text = README.read_text()
    if os.environ.get("SKIPPER_WRITE_DOCS"):
        README.write_text(replaced(text))
        text = README.read_text()

    assert text.count(BEGIN) == 1
    assert section() in text


@pytest.mark.parametrize("life", LIVES, ids=[life[0] for life in LIVES])
def test_every_state_of_a_life_can_be_reached(life):
    _, _, table, first = life
    reached = {first}
    while more := {after for (state, _), after in table.items() if state in reached} - reached:
        reached |= more

    assert reached == set(type(first))
