"""Reading the parameters of a Bot API call from any of the bodies clients send."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from bot.sandbox.refusals import bad_request

_TRUE = frozenset({"1", "true", "yes", "t"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file, wholly in memory."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Named values of one call; whatever the body was, every value is text here."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value, or an empty string."""
        return self.values.get(name, "")

    def number(self, name: str, default: int = 0) -> int:
        """The value as an integer; like the real server, rubbish counts as the default."""
        try:
            return int(self.values[name])
        except (KeyError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """Whether the value means yes."""
        return self.text(name).lower() in _TRUE

    def json(self, name: str, what: str) -> Any:
        """The decoded value or None; raises a Refusal naming ``what`` when it is not JSON."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"can't parse {what} JSON object") from error


async def read_params(request: web.Request) -> Params:
    """Collect query string and body (urlencoded, multipart or JSON) into one Params."""
    values = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json":
        values |= _from_json(await request.read())
        return Params(values, files)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            values[name] = value if isinstance(value, str) else bytes(value).decode()
    return Params(values, files)


def _from_json(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(decoded, dict):
        raise bad_request("object expected as request body")
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in decoded.items()
        if value is not None
    }
