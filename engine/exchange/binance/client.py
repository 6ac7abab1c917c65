"""python-binance's client, bent to our addresses, our clock and a strict reading of answers."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import orjson
from binance.async_client import AsyncClient
from binance.exceptions import BinanceAPIException, BinanceRequestException

from engine.core.account import Credentials
from engine.exchange.binance.endpoints import Endpoints

RECV_WINDOW_MS = 5000
_SENTENCE = 200
Heard = Callable[[int, Mapping[str, str], int, str], None]
Stamp = Callable[[int | None], int]

# The libraries write headers, parameters and frames at DEBUG: the API key among them.
for _name in ("binance", "websockets", "aiohttp"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# Every lost connection reaches us as an error too; its closing is not worth a line.
logging.getLogger("binance.ws").setLevel(logging.CRITICAL)


class Client(AsyncClient):  # type: ignore[misc]
    """AsyncClient at given addresses that signs with the exchange's time and reads strictly.

    A signed call may carry ``signed_at`` (ms of our clock): then it is signed for that instant
    and not for now. ``stamp`` tells the exchange's time (ms) at an instant of our clock, or now.
    ``heard`` gets status, headers, error code and text of every answer. ``owner`` names the key
    without telling it.
    """

    REQUEST_RECVWINDOW = RECV_WINDOW_MS
    # Longer than the 10 s after which the exchange itself gives up with -1007.
    REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)

    def __init__(
        self,
        endpoints: Endpoints,
        connector: aiohttp.TCPConnector,
        stamp: Stamp,
        heard: Heard,
        credentials: Credentials | None = None,
    ) -> None:
        self.API_URL = endpoints.rest + "/api"
        self.MARGIN_API_URL = endpoints.rest + "/sapi"
        self.FUTURES_URL = endpoints.futures + "/fapi"
        self.WS_API_URL = endpoints.ws_api
        self.endpoints = endpoints
        self.owner = _fingerprint(credentials)
        self._stamp = stamp
        self._heard = heard
        super().__init__(
            credentials.api_key if credentials else None,
            **_signing(credentials),
            # Whoever answers with another address would be sent the key, and the order once more.
            requests_params={"allow_redirects": False},
            session_params={
                "connector": connector,
                "connector_owner": False,
                "trust_env": not endpoints.direct,
                "cookie_jar": aiohttp.DummyCookieJar(),
            },
        )
        # Else a cancel that lost its answer is sent again, and both are counted as one.
        self.session._retry_connection = False  # noqa: SLF001 - there is no other switch

    async def close(self) -> None:
        """Close the session; the shared connector stays."""
        await self.session.close()

    def sign_for_socket(self, params: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a WebSocket API request with key, time and signature."""
        stamped = {"timestamp": self._stamp(None), "recvWindow": RECV_WINDOW_MS, **params}
        signed: dict[str, Any] = self._sign_ws_params(stamped, self._generate_ws_api_signature)
        return signed

    def _generate_signature(self, data: dict[str, Any], uri_encode: bool = True) -> str:
        """Put the right time in place of the system's before the base class signs."""
        data["timestamp"] = self._stamp(data.pop("signed_at", None))
        signature: str = super()._generate_signature(data, uri_encode)
        return signature

    async def _handle_response(self, response: aiohttp.ClientResponse) -> Any:
        """The answer's JSON; unlike the base class, an empty success is unreadable."""
        body = await response.read()
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if 200 <= response.status < 300:
            self._heard(response.status, response.headers, 0, "")
            if answer is None:
                raise BinanceRequestException("unreadable answer")
            return answer
        error = answer if isinstance(answer, dict) else {}
        code = error["code"] if isinstance(error.get("code"), int) else 0
        message = str(error.get("msg") or _plain(body))
        self._heard(response.status, response.headers, code, message)
        told = orjson.dumps({"code": code, "msg": message}).decode()
        raise BinanceAPIException(response, response.status, told)


def _plain(body: bytes) -> str:
    """An error body that is a sentence; pages and the like tell nothing."""
    text = body.decode(errors="replace").strip()
    return "" if len(text) > _SENTENCE or text[:1] in {"<", "{", "["} else text


def _signing(credentials: Credentials | None) -> dict[str, str]:
    """How python-binance wants a secret: an HMAC one as it is, an Ed25519 one as PEM.

    The library takes long PEM texts for RSA, so nothing but the key may be in it.
    """
    secret = credentials.secret.strip() if credentials else ""
    if secret.startswith("-----BEGIN"):
        return {"private_key": "\n".join(line.strip() for line in secret.splitlines())}
    return {"api_secret": secret} if secret else {}


def _fingerprint(credentials: Credentials | None) -> str:
    """A name for a key that does not tell it; "" for public data."""
    if credentials is None:
        return ""
    return hashlib.blake2s(credentials.api_key.encode(), digest_size=8).hexdigest()
