"""Answers and failures of the spot exchange as classes of ``engine.core.errors``: one table.

Two questions decide: did the request provably not execute, and is trying again sane? Source: the
exchange's errors.md and the HTTP return codes of its rest-api.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from binance.exceptions import (
    BinanceAPIException,
    BinanceRequestException,
    BinanceWebsocketUnableToConnect,
)
from websockets.exceptions import WebSocketException

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    ExchangeError,
    KeyRefused,
    NotSent,
    OrderGone,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Refused,
    Unavailable,
)

DEFAULT_WAIT = 60.0
"""Real seconds to wait when the exchange limits us and names no time."""


class Unreadable(Exception):
    """An answer or event does not have the documented form."""


SPOT_CODES: dict[int, type[ExchangeError]] = {
    -1000: OutcomeUnknown,
    -1001: OutcomeUnknown,
    -1002: KeyRefused,
    -1003: RateLimited,
    -1006: OutcomeUnknown,
    -1007: OutcomeUnknown,
    -1008: Overloaded,
    -1015: RateLimited,
    -1016: Overloaded,
    -1021: ClockOff,
    -1022: KeyRefused,
    -1033: Overloaded,
    -1034: Overloaded,
    -1035: Overloaded,
    -1112: Overloaded,
    -2008: KeyRefused,
    -2013: OrderGone,
    -2014: KeyRefused,
    -2015: KeyRefused,
    # The two codes of cancelReplace: one half of it may have been carried out.
    -2021: OutcomeUnknown,
    -2022: OutcomeUnknown,
    -2026: OrderGone,
}
"""Codes that are not plainly a refusal of this one request; any other code is ``Refused``."""

_BY_MESSAGE: dict[int, tuple[tuple[str, type[ExchangeError]], ...]] = {
    -2010: (
        ("Duplicate order sent", AlreadySent),
        ("This action is disabled on this account", KeyRefused),
        ("This account may not place or cancel orders", KeyRefused),
        ("trading is not enabled", KeyRefused),
        ("Order book liquidity is less than", Overloaded),
    ),
    -2011: (("Unknown order sent", OrderGone),),
}
_ON_READS: dict[type[ExchangeError], type[ExchangeError]] = {
    NotSent: Unavailable,
    OutcomeUnknown: Unavailable,
    Overloaded: Unavailable,
    ClockOff: Unavailable,
}
_NEVER_WRITTEN = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
)
FOREIGN = (
    BinanceAPIException,
    BinanceRequestException,
    BinanceWebsocketUnableToConnect,
    WebSocketException,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    Unreadable,
)
"""Everything that the libraries raise when the wire or the exchange fails."""


def classify(exc: Exception, *, sending: bool) -> ExchangeError:
    """Our error for a library's; ``sending`` says that the request could change something.

    Nothing of the request (address, headers, parameters) is repeated in it.
    """
    if isinstance(exc, ExchangeError):
        return exc
    if isinstance(exc, BinanceAPIException):
        return _answered(exc, sending=sending)
    kind: type[ExchangeError] = NotSent if isinstance(exc, _NEVER_WRITTEN) else OutcomeUnknown
    detail = str(exc) if isinstance(exc, Unreadable) else type(exc).__name__
    return _suited(kind, sending=sending)(detail)


@contextmanager
def translated(*, sending: bool) -> Iterator[None]:
    """Raise our error in place of whatever a library raises inside."""
    try:
        yield
    except FOREIGN as error:
        raise classify(error, sending=sending) from None


def retry_after(headers: Any) -> float:
    """Real seconds to stay silent: the ``Retry-After`` header, or a careful default."""
    text = str(headers.get("Retry-After", "")) if hasattr(headers, "get") else ""
    return float(text) if text.isdecimal() else DEFAULT_WAIT


def _answered(exc: BinanceAPIException, *, sending: bool) -> ExchangeError:
    code = exc.code if isinstance(exc.code, int) else 0
    message = str(exc.message or "")
    kind = _suited(_kind(exc.status_code, code, message), sending=sending)
    wait = 0.0
    if issubclass(kind, RateLimited):
        wait = retry_after(getattr(exc.response, "headers", None))
    return kind(message or f"HTTP {exc.status_code}", code=code, retry_after=wait)


def _kind(status: int, code: int, message: str) -> type[ExchangeError]:
    if status in {418, 429}:
        return RateLimited
    if status >= 500 or status in {403, 408, 409}:
        return OutcomeUnknown
    if code == 0:
        return KeyRefused if status == 401 else OutcomeUnknown
    for words, kind in _BY_MESSAGE.get(code, ()):
        if words in message:
            return kind
    return SPOT_CODES.get(code, Refused)


def _suited(kind: type[ExchangeError], *, sending: bool) -> type[ExchangeError]:
    return kind if sending else _ON_READS.get(kind, kind)
