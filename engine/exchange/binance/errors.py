"""Answers and failures of the exchange as classes of ``engine.core.errors``.

The HTTP status speaks first, then the code. Source: Spot API "HTTP Return Codes", USD-M API
"HTTP Return Codes".
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
    ClockOff,
    ExchangeError,
    KeyRefused,
    NotSent,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Unavailable,
)
from engine.exchange.binance.ask import Product
from engine.exchange.binance.codes import CODES, Codes

DEFAULT_WAIT = 60.0
"""Real seconds to wait when the exchange limits us and names no time."""
_BUSY = -1008
# Refused at the door of the exchange, and at that of its matching engine (USD-M API).
OUTSIDE_WINDOW = frozenset({-1021, -5028})


class Unreadable(Exception):
    """An answer or event does not have the documented form."""


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


def classify(exc: Exception, *, sending: bool, product: Product = Product.SPOT) -> ExchangeError:
    """Our error for a library's; ``sending`` says that the request could change something.

    Nothing of the request (address, headers, parameters) is repeated in it.
    """
    if isinstance(exc, ExchangeError):
        return exc
    if isinstance(exc, BinanceAPIException):
        return _answered(exc, sending=sending, product=product)
    kind: type[ExchangeError] = NotSent if isinstance(exc, _NEVER_WRITTEN) else OutcomeUnknown
    detail = str(exc) if isinstance(exc, Unreadable) else type(exc).__name__
    return _suited(kind, sending=sending)(detail)


@contextmanager
def translated(*, sending: bool, product: Product = Product.SPOT) -> Iterator[None]:
    """Raise our error in place of whatever a library raises inside."""
    try:
        yield
    except FOREIGN as error:
        raise classify(error, sending=sending, product=product) from None


def retry_after(headers: Any) -> float:
    """Real seconds to stay silent: the ``Retry-After`` header, or a careful default."""
    text = str(headers.get("Retry-After", "")) if hasattr(headers, "get") else ""
    return float(text) if text.isdecimal() else DEFAULT_WAIT


def _answered(exc: BinanceAPIException, *, sending: bool, product: Product) -> ExchangeError:
    code = exc.code if isinstance(exc.code, int) else 0
    message = str(exc.message or "")
    kind = _suited(_kind(exc.status_code, code, message, CODES[product]), sending=sending)
    wait = 0.0
    if issubclass(kind, RateLimited):
        wait = retry_after(getattr(exc.response, "headers", None))
    return kind(message or f"HTTP {exc.status_code}", code=code, retry_after=wait)


def _kind(status: int, code: int, message: str, codes: Codes) -> type[ExchangeError]:
    if status in {418, 429}:
        return RateLimited
    if status >= 500:
        certain = codes.failures and (code == _BUSY or message.startswith(codes.failures))
        return Overloaded if certain else OutcomeUnknown
    if status in {403, 408, 409}:
        return OutcomeUnknown
    if code == 0:
        return KeyRefused if status == 401 else OutcomeUnknown
    return codes.meaning(code, message)


def _suited(kind: type[ExchangeError], *, sending: bool) -> type[ExchangeError]:
    return kind if sending else _ON_READS.get(kind, kind)
