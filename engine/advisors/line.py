"""Line: one HTTP request to a model service, bounded in time, size and number of tries.

The key travels in a header alone and is never part of what is returned, logged or raised.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx

from engine.ports.clock import Clock

LONGEST = 20.0
"""Real seconds for a question, the second try included."""
MOST_BYTES = 64 * 1024
_CONNECTING = 5.0
_PAUSE = 0.5
_WORTH_TRYING = 3.0  # real seconds that must be left for another try
_REST, _LONGEST_REST = 60.0, 3_600.0
_LIMITED = 429


class Heard(NamedTuple):
    """A body in full (``status`` 200), or the name of a problem as in ``ports.advisor.Reply``."""

    status: int
    body: bytes = b""
    problem: str = ""


class Line:
    """The connection to one service. ``headers`` carry the key."""

    def __init__(self, headers: Mapping[str, str], clock: Clock, longest: float = LONGEST) -> None:
        self._clock = clock
        self._longest = longest
        self._resting_until = 0.0
        self._client = httpx.AsyncClient(
            headers=dict(headers),
            timeout=httpx.Timeout(longest, connect=min(_CONNECTING, longest)),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def resting(self) -> bool:
        """Whether the service answered 429 and the time that it asked for is not over."""
        return asyncio.get_running_loop().time() < self._resting_until

    async def send(self, method: str, address: str, body: Any = None) -> Heard:
        """Ask once, and once more after a 5xx or a lost connection if there is time left."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._longest
        try:
            async with asyncio.timeout_at(ends):
                heard = await self._once(method, address, body)
                again = heard.problem in {"server", "unreachable"}
                if again and ends - loop.time() > _PAUSE + _WORTH_TRYING:
                    await self._clock.sleep_real(_PAUSE)
                    heard = await self._once(method, address, body)
                return heard
        except TimeoutError:
            return Heard(0, problem="timeout")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _once(self, method: str, address: str, body: Any) -> Heard:
        try:
            async with self._client.stream(method, address, json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    return self._refused(answer)
                return await _whole(answer)
        except httpx.TimeoutException:
            return Heard(0, problem="timeout")
        except (httpx.HTTPError, httpx.InvalidURL):
            return Heard(0, problem="unreachable")

    def _refused(self, answer: httpx.Response) -> Heard:
        status = answer.status_code
        if status == _LIMITED:
            rest = self._asked_rest(answer.headers.get("retry-after", ""))
            self._resting_until = asyncio.get_running_loop().time() + rest
            return Heard(status, problem="limited")
        return Heard(status, problem="server" if status >= 500 else "refused")

    def _asked_rest(self, said: str) -> float:
        """Seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date)."""
        if said.isascii() and said.isdigit():
            return min(float(said), _LONGEST_REST)
        try:
            until = parsedate_to_datetime(said)
        except (TypeError, ValueError):
            return _REST
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - self._clock.now()).total_seconds()
        return min(max(seconds, 0.0), _LONGEST_REST)


async def _whole(answer: httpx.Response) -> Heard:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            return Heard(answer.status_code, problem="too_large")
    return Heard(answer.status_code, bytes(body))
