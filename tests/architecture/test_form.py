"""Files and functions stay short, packages say what lives in them, words stay the field's."""

import ast
import re
import tomllib

import pytest

from tests.architecture.source import PACKAGES, ROOT, files, functions, length, tree

MOST_LINES = 300
MOST_FUNCTION_LINES = 40
TOP = {"bot", "engine", "storage", "tests"}


@pytest.mark.parametrize("name", files(".py", ".html", ".css", ".js"))
def test_a_file_has_at_most_300_lines(name):
    assert len((ROOT / name).read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", files(".py"))
def test_a_function_has_at_most_40_lines(name):
    long = {node.name: length(node) for node in functions(name)}

    assert {name: size for name, size in long.items() if size > MOST_FUNCTION_LINES} == {}


@pytest.mark.parametrize("name", [n for n in files(".py") if n.endswith("__init__.py")])
def test_a_package_says_in_one_sentence_what_lives_there(name):
    sentence = (ast.get_docstring(tree(name)) or "").partition("\n\n")[0]

    assert re.fullmatch(r"[^.]+(\.\w[^.]*)*\.", sentence.replace("\n", " "))


@pytest.mark.parametrize("name", files(".py", folders=PACKAGES))
def test_a_module_has_no_leftovers(name):
    text = (ROOT / name).read_text()

    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    assert "NotImplementedError" not in text


def test_every_folder_with_code_is_a_package():
    folders = {str((ROOT / name).parent.relative_to(ROOT)) for name in files(".py")}
    bare = {
        f for f in folders if not f.startswith("tests") and not (ROOT / f / "__init__.py").exists()
    }

    assert bare <= {"storage/migrations/versions"}


def test_four_folders_stand_at_the_top():
    made_by_tools = {"build", "dist", "data", "logs", "__pycache__"}
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.suffix != ".egg-info"
    }

    assert folders - made_by_tools == TOP


def test_every_module_of_the_product_is_packed():
    kept = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    endings = {entry.removeprefix("*") for entry in kept["package-data"]["*"]}

    assert {"." + name.rpartition(".")[2] for name in _data_files()} <= endings


def _data_files():
    every = (path for folder in PACKAGES for path in (ROOT / folder).rglob("*"))
    return [p.name for p in every if p.is_file() and p.suffix not in {".py", ".pyc"}]
