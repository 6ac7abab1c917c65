"""The project's own files, for tests about their form."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "engine", "storage")
FOLDERS = (*PACKAGES, "tests")


def files(*endings, folders=FOLDERS):
    """Paths below the folders with one of these endings, relative to the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return sorted(
        str(path.relative_to(ROOT))
        for path in found
        if path.suffix in endings and "__pycache__" not in path.parts
    )


@cache
def tree(name):
    """Syntax tree of a Python file."""
    return ast.parse((ROOT / name).read_text())


def length(node):
    """Lines of a function without its docstring and decorators."""
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        text = node.body[0]
        lines -= text.end_lineno - text.lineno + 1
    return lines


def functions(name):
    """Every function and method of a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(name)) if isinstance(node, kinds)]
