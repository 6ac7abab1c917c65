"""Addresses of the exchange's environments."""

from dataclasses import dataclass

from engine.core.bot_config import Environment
from engine.core.market import Market


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one environment; without ``sapi`` it tells nothing of a key's rights.

    ``direct`` ignores the proxy settings of the process' environment.
    """

    rest: str
    streams: str
    ws_api: str
    futures: str
    futures_streams: str
    sapi: bool = True
    direct: bool = False

    @property
    def futures_private(self) -> str:
        """Where the user data streams of futures are (USD-M API, "Connect")."""
        return self.futures_streams + "private/"

    def public_streams(self, market: Market) -> tuple[str, str]:
        """Where candle streams are, and where books are.

        Futures sort their streams by address; on a wrong one they stay silent.
        """
        if market is Market.SPOT:
            return self.streams, self.streams
        return self.futures_streams + "market/", self.futures_streams + "public/"

    @property
    def proxy(self) -> dict[str, None]:
        """Options for a websocket connection."""
        return {"proxy": None} if self.direct else {}


LIVE = Endpoints(
    "https://api.binance.com",
    "wss://stream.binance.com:9443/",
    "wss://ws-api.binance.com/ws-api/v3",
    "https://fapi.binance.com",
    "wss://fstream.binance.com/",
)
TESTNET = Endpoints(
    "https://testnet.binance.vision",
    "wss://stream.testnet.binance.vision/",
    "wss://ws-api.testnet.binance.vision/ws-api/v3",
    "https://demo-fapi.binance.com",
    "wss://fstream.binancefuture.com/",
    sapi=False,
)


def local(base: str) -> Endpoints:
    """Endpoints of a local exchange at ``base``, like ``http://127.0.0.1:9100``."""
    base = base.rstrip("/")
    socket = base.replace("http", "ws", 1)
    return Endpoints(base, socket + "/", socket + "/ws-api/v3", base, socket + "/", direct=True)


def endpoints_of(environment: Environment, local_base: str) -> Endpoints:
    """Addresses of an environment; ``local_base`` is where the local exchange listens."""
    if environment is Environment.LOCAL:
        return local(local_base)
    return LIVE if environment is Environment.LIVE else TESTNET
