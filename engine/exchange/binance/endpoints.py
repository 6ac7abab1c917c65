"""Addresses of the exchange's environments."""

from dataclasses import dataclass

from engine.core.bot_config import Environment


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
