"""Problems of a settings file as lines that an operator can act on."""

import difflib
import re
from collections.abc import Sequence

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_HIDDEN = frozenset({"telegram", "telegram.token", "database", "database.url", "ai", "ai.api_key"})
_HEADER = re.compile(r"\s*\[\s*([A-Za-z_][\w-]*)\s*\]")


def describe(
    errors: Sequence[ErrorDetails], model: type[BaseModel], name: str, text: str
) -> list[str]:
    """One line per problem: place in the file, dotted key, value given, what is allowed.

    ``model`` is the whole file's, ``name`` and ``text`` the file. Secrets are never shown.
    """
    return [_line(error, model, name, text) for error in errors]


def _line(error: ErrorDetails, model: type[BaseModel], name: str, text: str) -> str:
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    number = _line_number(text, path)
    place = f"{name}:{number}" if number else name
    if error["type"] == "extra_forbidden":
        return f"{place}: {key}: there is no such setting; {_known(model, path)}"
    if isinstance(error["input"], dict):
        return f"{place}: {key}: {_allowed(error)}"
    given = "(not shown)" if key in _HIDDEN else repr(error["input"])
    return f"{place}: {key} = {given}: {_allowed(error)}"


def _allowed(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] in {"enum", "literal_error"}:
        return f"allowed are {context['expected']}"
    if error["type"] == "model_type":
        return f"must be a section of its own: [{error['loc'][0]}]"
    if error["type"] == "value_error":
        return str(context["error"])
    return error["msg"].replace("Input should be", "must be")


def _known(model: type[BaseModel], path: list[str]) -> str:
    """The names that may stand where the unknown one stands, or the one it resembles."""
    for part in path[:-1]:
        section = model.model_fields[part].annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            model = section
    close = difflib.get_close_matches(path[-1], model.model_fields, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return "allowed here: " + ", ".join(model.model_fields)


def _line_number(text: str, path: list[str]) -> int | None:
    """Line of ``section.key`` (or of the section) in a TOML file, None when it is not found."""
    section, found = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            section = header[1]
            if section == path[0]:
                found = number
        elif section == path[0] and len(path) > 1:
            if re.match(rf"\s*\"?{re.escape(path[1])}\"?\s*=", line):
                return number
        elif not section and re.match(rf"\s*{re.escape(path[0])}\s*[=.]", line):
            return number
    return found
