"""One connection of the WebSocket API that carries the user data streams of many accounts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from binance.exceptions import BinanceAPIException

from engine.core.errors import Unavailable
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import translated
from engine.exchange.binance.governor import Governor, Turn
from engine.exchange.binance.sockets import ANSWER_WITHIN, OneConnection

MAX_WAITING = 20_000
"""Events of one account that may wait to be heard."""
_WEIGHT = 2
_WEIGHT_HEADER = "X-MBX-USED-WEIGHT-1M"
# Events that end streams: one account's when a subscription is named, everybody's when not.
_ENDS = frozenset({"eventStreamTerminated", "serverShutdown"})


class Subscription:
    """One account's events on a shared connection, in the order of their arrival."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.number: int | None = None
        self.began = asyncio.get_running_loop().time()
        self._waiting: asyncio.Queue[Any] = asyncio.Queue()
        self._lost = ""

    def tell(self, event: Any) -> None:
        """An event arrived; one too many ends the stream rather than being dropped in silence."""
        if self._lost:
            return
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put_nowait(event)
        else:
            self.lose("its reader fell behind")

    def doubt(self) -> None:
        """Something happened that may have ended this stream: ``hear`` returns None once."""
        self._waiting.put_nowait(None)

    def lose(self, why: str) -> None:
        """Nothing will arrive any more."""
        self._lost = self._lost or why
        self._waiting.put_nowait(None)

    async def hear(self) -> Any:
        """The next event, or None for a doubt; raises Unavailable after the last one."""
        event = await self._waiting.get()
        if event is None and self._lost and self._waiting.empty():
            self._waiting.put_nowait(None)
            raise Unavailable(f"stream lost: {self._lost}")
        return event


@dataclass(slots=True)
class _Question:
    """A request that is not answered yet; ``wanted`` is subscribed by its answer."""

    answer: asyncio.Future[Any]
    turn: Turn
    wanted: Subscription | None


class ApiSocket(OneConnection):
    """Subscribes accounts and hands each its events.

    ``accounts`` are those whose subscription may stand at the exchange, which takes one of each
    per connection; ``users`` counts who has not given the connection back.
    """

    def __init__(self, endpoints: Endpoints, governor: Governor) -> None:
        super().__init__(url=endpoints.ws_api, prefix="", path="", **endpoints.proxy)
        self._governor = governor
        self._asked = 0
        self._open: dict[str, _Question] = {}
        self._subscriptions: dict[int, Subscription] = {}
        self._proving = asyncio.Lock()
        self._proved_at = 0.0
        self.accounts: set[str] = set()
        self.users = 0
        self.lost = False

    async def subscribe(self, client: Client) -> Subscription:
        """Begin an account's stream; raises Unavailable, RateLimited or KeyRefused."""
        wanted = Subscription(client.owner)
        method = "userDataStream.subscribe.signature"
        await self._ask(method, lambda: client.sign_for_socket({}), wanted)
        if wanted.number is None:
            raise Unavailable("the user data stream was not subscribed")
        return wanted

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End an account's stream, so that it may be subscribed here again."""
        number = subscription.number
        if number is not None and self._subscriptions.pop(number, None) is not None:
            await self._ask("userDataStream.unsubscribe", lambda: {"subscriptionId": number})
        self.accounts.discard(subscription.owner)

    async def prove(self, subscription: Subscription, since: float) -> None:
        """Make sure that the stream stood at ``since`` (loop time) or later.

        One answer serves all accounts. Raises Unavailable when it stands no more, RateLimited.
        """
        async with self._proving:
            if self._proved_at < max(since, subscription.began):
                now = asyncio.get_running_loop().time()
                answer = await self._ask("session.subscriptions", dict)
                self._proved_at = now
                listed = answer if isinstance(answer, list) else []
                self._lose_but({entry.get("subscriptionId") for entry in listed})
        if subscription.number not in self._subscriptions:
            raise Unavailable("the user data stream is no longer subscribed")

    async def _ask(self, method: str, params: Any, wanted: Subscription | None = None) -> Any:
        owner = wanted.owner if wanted else ""
        turn = await self._governor.admit(Ask(Product.SPOT, Priority.READ, owner, _WEIGHT))
        self._asked += 1
        number = str(self._asked)
        question = _Question(asyncio.get_running_loop().create_future(), turn, wanted)
        self._open[number] = question
        try:
            with translated(sending=False):
                await self._say({"id": number, "method": method, "params": params()})
                async with asyncio.timeout(ANSWER_WITHIN):
                    return await question.answer
        except Unavailable:
            # Its waiting was cut short: what does not answer does not tell events either.
            if question.answer.cancelled():
                self._lose("no answer")
            raise
        finally:
            self._open.pop(number)
            self._governor.land(turn)

    async def _say(self, request: Mapping[str, Any]) -> None:
        if self.lost or self.ws is None:
            raise Unavailable("stream lost")
        await self.ws.send(self.json_dumps(request))

    def _handle_message(self, evt: Any) -> None:
        """Called for every message: nothing of it goes to the library's own queue."""
        message = self.json_loads(evt)
        question = self._open.get(message.get("id") or "")
        if "event" in message:
            self._event(message.get("subscriptionId"), message["event"])
        elif question is not None:
            self._answered(question, message)
        elif "error" in message:
            # A key was revoked, and it is not said which: what was proven before says nothing now.
            self._proved_at = 0.0
            for subscription in self._subscriptions.values():
                subscription.doubt()

    def _event(self, number: int | None, event: Mapping[str, Any]) -> None:
        kind = event.get("e")
        if kind in _ENDS and number is None:
            self._lose(str(kind))
        elif kind in _ENDS:
            self._lose_but(self._subscriptions.keys() - {number}, str(kind))
        elif number in self._subscriptions:
            self._subscriptions[number].tell(event)

    def _answered(self, question: _Question, message: Mapping[str, Any]) -> None:
        if question.answer.done():
            return
        status, error = message.get("status", 200), message.get("error") or {}
        code, told = error.get("code", 0), str(error.get("msg", ""))
        self._governor.heard(question.turn, status, self._headers(message), code, told)
        if status != 200:
            told = self.json_dumps({"code": code, "msg": told})
            question.answer.set_exception(BinanceAPIException(None, status, told))
            return
        result = message.get("result")
        if question.wanted is not None and isinstance(result, Mapping):
            # At once: the next message may be an event of this stream.
            number = question.wanted.number = result.get("subscriptionId")
            if number is not None:
                self._subscriptions[number] = question.wanted
        question.answer.set_result(result)

    def _headers(self, message: Mapping[str, Any]) -> dict[str, str]:
        """What HTTP tells in headers (WebSocket API, "Rate limits": ``count``, ``retryAfter``)."""
        headers = {}
        for limit in message.get("rateLimits", ()):
            if limit.get("rateLimitType") == "REQUEST_WEIGHT":
                headers[_WEIGHT_HEADER] = str(limit.get("count", ""))
        until = ((message.get("error") or {}).get("data") or {}).get("retryAfter")
        if isinstance(until, int):
            seconds = self._governor.clock.until(until)
            headers["Retry-After"] = str(max(1, -(-int(seconds * 1000) // 1000)))
        return headers

    def _lose_but(self, standing: set[Any], why: str = "no longer subscribed") -> None:
        for number in self._subscriptions.keys() - standing:
            ended = self._subscriptions.pop(number)
            self.accounts.discard(ended.owner)
            ended.lose(why)

    def _lose(self, why: str) -> None:
        self.lost = True
        self._lose_but(set(), why)
        for question in self._open.values():
            if not question.answer.done():
                question.answer.set_exception(Unavailable(f"stream lost: {why}"))

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        self._lose(str(error_msg.get("type", "")))
