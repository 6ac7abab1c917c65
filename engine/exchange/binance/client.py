"""python-binance clients for one environment: addresses, signing time, limits, one connector."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from binance.async_client import AsyncClient
from binance.exceptions import BinanceAPIException, BinanceRequestException

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import ClockOff, KeyRefused, NotSent, Unavailable
from engine.exchange.binance.clock import ExchangeClock
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import integer
from engine.exchange.binance.governor import Governor
from engine.ports.clock import Clock

RECV_WINDOW_MS = 5000
Heard = Callable[[int, Any, int], None]
Call = Callable[[], Awaitable[Any]]

# The libraries write headers, parameters and frames at DEBUG: the API key among them.
for _name in ("binance", "websockets", "aiohttp"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# Every lost connection reaches us as an error too; its closing is not worth a line.
logging.getLogger("binance.ws").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one environment; without ``sapi`` it tells nothing of a key's rights.

    ``direct`` ignores the proxy settings of the process' environment.
    """

    rest: str
    streams: str
    ws_api: str
    sapi: bool = True
    direct: bool = False

    @property
    def proxy(self) -> dict[str, None]:
        """Options for a websocket connection."""
        return {"proxy": None} if self.direct else {}


LIVE = Endpoints(
    "https://api.binance.com",
    "wss://stream.binance.com:9443/",
    "wss://ws-api.binance.com/ws-api/v3",
)
TESTNET = Endpoints(
    "https://testnet.binance.vision",
    "wss://stream.testnet.binance.vision/",
    "wss://ws-api.testnet.binance.vision/ws-api/v3",
    sapi=False,
)


def local(base: str) -> Endpoints:
    """Endpoints of a local exchange at ``base``, like ``http://127.0.0.1:9100``."""
    base = base.rstrip("/")
    socket = base.replace("http", "ws", 1)
    return Endpoints(base, socket + "/", socket + "/ws-api/v3", direct=True)


def endpoints_of(environment: Environment, local_base: str) -> Endpoints:
    """Addresses of an environment; ``local_base`` is where the local exchange listens."""
    if environment is Environment.LOCAL:
        return local(local_base)
    return LIVE if environment is Environment.LIVE else TESTNET


class Client(AsyncClient):  # type: ignore[misc]
    """AsyncClient at given addresses that signs with the exchange's time and reads strictly.

    A signed call may carry ``signed_at`` (ms of our clock): then it is signed for that instant
    and not for now. ``heard`` gets status, headers and error code of every answer.
    """

    REQUEST_RECVWINDOW = RECV_WINDOW_MS
    # Longer than the 10 s after which the exchange itself gives up with -1007.
    REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)

    def __init__(
        self,
        endpoints: Endpoints,
        connector: aiohttp.TCPConnector,
        clock: ExchangeClock,
        heard: Heard,
        credentials: Credentials | None = None,
    ) -> None:
        self.API_URL = endpoints.rest + "/api"
        self.MARGIN_API_URL = endpoints.rest + "/sapi"
        self.WS_API_URL = endpoints.ws_api
        self.endpoints = endpoints
        self._clock = clock
        self._heard = heard
        super().__init__(
            credentials.api_key if credentials else None,
            **_signing(credentials),
            session_params={
                "connector": connector,
                "connector_owner": False,
                "trust_env": not endpoints.direct,
                "cookie_jar": aiohttp.DummyCookieJar(),
            },
        )

    async def close(self) -> None:
        """Close the session; the shared connector stays."""
        await self.session.close()

    def sign_for_socket(self, params: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a WebSocket API request with key, time and signature."""
        stamped = {"timestamp": self._clock.stamp(), "recvWindow": RECV_WINDOW_MS, **params}
        signed: dict[str, Any] = self._sign_ws_params(stamped, self._generate_ws_api_signature)
        return signed

    def _generate_signature(self, data: dict[str, Any], uri_encode: bool = True) -> str:
        """Put the right time in place of the system's before the base class signs."""
        data["timestamp"] = self._clock.stamp(data.pop("signed_at", None))
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
            self._heard(response.status, response.headers, 0)
            if answer is None:
                raise BinanceRequestException("unreadable answer")
            return answer
        error = answer if isinstance(answer, dict) else {}
        code = error.get("code") if isinstance(error.get("code"), int) else 0
        self._heard(response.status, response.headers, code or 0)
        told = orjson.dumps({"code": code, "msg": str(error.get("msg") or "")}).decode()
        raise BinanceAPIException(response, response.status, told)


def _signing(credentials: Credentials | None) -> dict[str, str]:
    """How python-binance wants a secret: an HMAC one as it is, an Ed25519 one as PEM.

    The library takes long PEM texts for RSA, so nothing but the key may be in it.
    """
    secret = credentials.secret.strip() if credentials else ""
    if secret.startswith("-----BEGIN"):
        return {"private_key": "\n".join(line.strip() for line in secret.splitlines())}
    return {"api_secret": secret} if secret else {}


class Connection:
    """One environment as seen from this process: shared sockets, clock offset, weight.

    Must be made inside the running event loop. ``send`` and ``read`` are the only ways in.
    """

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        self.endpoints = endpoints
        self.governor = Governor()
        self.exchange_clock = ExchangeClock(clock, self.server_time_ms)
        self._clock = clock
        self._connector = aiohttp.TCPConnector(limit=100)
        self.public = self.client()

    @property
    def clock(self) -> Clock:
        """Our own clock."""
        return self._clock

    def client(self, credentials: Credentials | None = None) -> Client:
        """A client for a key, or for public data; its owner closes it.

        Raises KeyRefused when an Ed25519 key cannot be read.
        """
        try:
            return Client(
                self.endpoints, self._connector, self.exchange_clock, self._heard, credentials
            )
        except ValueError:
            raise KeyRefused("the private key cannot be read") from None

    async def server_time_ms(self) -> int:
        """The exchange's clock; raises Unavailable or RateLimited."""
        self.governor.admit(urgent=True)
        with translated(sending=False):
            return integer(await self.public.get_server_time(), "serverTime")

    async def send(self, call: Call, *, urgent: bool) -> Any:
        """Carry out a call that changes something, exactly once.

        Raises what ``engine.ports.trader.Trader`` promises for sending calls.
        """
        self.governor.admit(urgent=urgent)
        if not self.exchange_clock.measured:
            try:
                await self.exchange_clock.refresh()
            except Unavailable as error:
                raise NotSent(f"the clock could not be measured: {error.detail}") from None
        return await self._carry_out(call, sending=True)

    async def read(self, call: Call, *, urgent: bool = False, signed: bool = True) -> Any:
        """Carry out a call that only reads.

        Raises Unavailable, RateLimited, KeyRefused, OrderGone or Refused.
        """
        self.governor.admit(urgent=urgent)
        if signed:
            await self._keep_time()
        return await self._carry_out(call, sending=False)

    async def close(self) -> None:
        """Close what is shared; clients must be closed before."""
        await self.public.close()
        await self._connector.close()

    async def _keep_time(self) -> None:
        try:
            await self.exchange_clock.refresh()
        except Unavailable:
            # An old offset is better than none; a wrong one is refused by the time gate.
            if not self.exchange_clock.measured:
                raise

    async def _carry_out(self, call: Call, *, sending: bool) -> Any:
        try:
            with translated(sending=sending):
                return await call()
        except (ClockOff, Unavailable) as error:
            if error.code == -1021:
                await self._measure_again()
            raise

    async def _measure_again(self) -> None:
        try:
            await self.exchange_clock.measure()
        except Unavailable:
            logging.getLogger(__name__).warning("the exchange's clock could not be measured")

    def _heard(self, status: int, headers: Any, code: int) -> None:
        left_ms = 60_000 - self.exchange_clock.stamp() % 60_000
        left = left_ms / 1000 / max(1.0, self._clock.rate)
        self.governor.heard(status, headers, code=code, minute_left=left)
