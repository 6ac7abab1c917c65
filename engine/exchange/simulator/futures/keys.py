"""Listen keys of the futures user data streams, and who hears what over them."""

import hashlib
from typing import Any, NamedTuple

import orjson

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Occasion
from engine.exchange.simulator.futures.model import FuturesAccount
from engine.exchange.simulator.hub import Sender, Socket, facts_of

LIFE_MS = 3_600_000


class Wanted(NamedTuple):
    """How a connection wants its events, and which ones (none stands for all)."""

    wrapped: bool
    events: frozenset[str]


class UserStreams:
    """One listen key per account, alive for 60 minutes from its last use.

    The life is virtual time, in a fast demo as much of it as 60 real minutes hold. A stream's name
    is its key; one that is unknown or dead is taken and stays silent. Several connections may
    share a key.
    """

    def __init__(self, clock: VirtualClock, sender: Sender) -> None:
        self._clock = clock
        self._sender = sender
        self._keys: dict[str, str] = {}
        self._due: dict[str, int] = {}
        self._issued = 0
        self._sockets: dict[str, dict[Socket, Wanted]] = {}

    def open(self, account: FuturesAccount) -> str:
        """The account's key, made when there is none; extends it."""
        key = self._keys.get(account.key)
        if key is None:
            self._issued += 1
            source = f"{account.key} {self._issued}".encode()
            key = self._keys[account.key] = hashlib.sha256(source).hexdigest()
        self._due[account.key] = self._clock.now() + int(LIFE_MS * self._clock.tolerance)
        return key

    def extend(self, account: FuturesAccount) -> str:
        """Give the account's key another 60 minutes.

        Raises:
            Refused: -1125 without a living key.
        """
        if account.key not in self._keys:
            raise Refused(-1125, "This listenKey does not exist.")
        return self.open(account)

    def close(self, account_key: str) -> None:
        """Let an account's key die without a word."""
        self._due.pop(account_key, None)
        self._sockets.pop(self._keys.pop(account_key, ""), None)

    def expire(self, account_key: str) -> None:
        """Let an account's key die and tell its listeners."""
        key = self._keys.get(account_key, "")
        self._send(
            account_key, {"e": "listenKeyExpired", "E": self._clock.now(), "listenKey": key}
        )
        self.close(account_key)

    def elapse(self, now: int) -> None:
        """Let keys die whose time is up."""
        for account_key in [each for each, due in self._due.items() if due <= now]:
            self.expire(account_key)

    def add(
        self, socket: Socket, name: str, *, wrapped: bool, events: frozenset[str] = frozenset()
    ) -> None:
        """Listen to a key: ``events`` only, or all of them without any.

        ``wrapped`` puts them into {"stream", "data"}.
        """
        self._sockets.setdefault(name, {})[socket] = Wanted(wrapped, events)

    def remove(self, socket: Socket, name: str) -> None:
        """Listen no more; an unknown key is fine."""
        self._sockets.get(name, {}).pop(socket, None)

    def tell(self, account: FuturesAccount, event: dict[str, Any]) -> None:
        """Send an event to all who hold the account's key."""
        self._send(account.key, event)

    def _send(self, account_key: str, event: dict[str, Any]) -> None:
        key = self._keys.get(account_key)
        sockets = self._sockets.get(key or "", {})
        if key is None or not sockets:
            return
        text = orjson.dumps(event)
        wrapped = orjson.dumps({"stream": key, "data": event})
        about = Occasion(key=account_key, stream=f"user@{event['e']}", facts=facts_of(event))
        for socket, wanted in list(sockets.items()):
            if not wanted.events or event["e"] in wanted.events:
                self._sender.send(socket, about, wrapped if wanted.wrapped else text)
