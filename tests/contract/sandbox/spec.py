"""A small validator: the machine-readable Bot API specification against calls and answers."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_SPEC = Path(__file__).parents[4] / "shared/data/telegram/bot_api_spec.json"
_PLAIN = {"Integer": int, "String": str, "Float": (int, float)}


@cache
def load() -> dict[str, Any] | None:
    """The specification, or None where it is not at hand."""
    return json.loads(_SPEC.read_text()) if _SPEC.exists() else None


def problems_of_answer(method: str, result: Any) -> list[str]:
    """What is wrong with the result of a call, empty when nothing is."""
    spec = load()
    if spec is None:
        return []
    return _best(result, _method(spec, method)["returns"], method)


def problems_of_call(method: str, params: dict[str, str], files: dict[str, str]) -> list[str]:
    """What is wrong with the parameters of a call as they came over the wire."""
    spec = load()
    if spec is None:
        return []
    fields = {field["name"]: field for field in _method(spec, method).get("fields", [])}
    wrong = [f"{method}: unknown {name}" for name in params if name not in fields]
    given = params.keys() | files.keys()
    wrong += [
        f"{method}: {name} is missing"
        for name, field in fields.items()
        if field["required"] and name not in given
    ]
    for name in params.keys() & fields.keys():
        types = fields[name]["types"]
        if "InputFile" in types or "String" in types:
            continue
        wrong += _best(json.loads(params[name]), types, f"{method}.{name}")
    return wrong


def _method(spec: dict[str, Any], method: str) -> dict[str, Any]:
    return next(body for name, body in spec["methods"].items() if name.lower() == method.lower())


def _best(value: Any, types: list[str], where: str) -> list[str]:
    return min((_problems(value, kind, where) for kind in types), key=len)


def _problems(value: Any, kind: str, where: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: an array is due, not {value!r}"]
        inner = kind.removeprefix("Array of ")
        return [p for n, item in enumerate(value) for p in _problems(item, inner, f"{where}[{n}]")]
    if kind == "Boolean":
        return [] if isinstance(value, bool) else [f"{where}: no boolean: {value!r}"]
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and not isinstance(value, bool)
        return [] if fits else [f"{where}: no {kind}: {value!r}"]
    return _object_problems(value, kind, where)


def _object_problems(value: Any, kind: str, where: str) -> list[str]:
    body = load()["types"][kind]
    if body.get("subtypes"):
        return _best(value, body["subtypes"], where)
    if not isinstance(value, dict):
        return [f"{where}: a {kind} is due, not {value!r}"]
    fields = {field["name"]: field for field in body.get("fields", [])}
    wrong = [f"{where}: {kind} has no {name}" for name in value if name not in fields]
    wrong += [
        f"{where}: {kind} lacks {name}"
        for name, field in fields.items()
        if field["required"] and name not in value
    ]
    for name in value.keys() & fields.keys():
        wrong += _best(value[name], fields[name]["types"], f"{where}.{name}")
    return wrong
