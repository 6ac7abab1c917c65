"""The WebSocket API: requests with answers on one connection, and user data subscriptions."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import orjson

from engine.exchange.simulator import rest_account, rest_market, rest_orders
from engine.exchange.simulator.auth import socket_payload
from engine.exchange.simulator.call import Endpoint
from engine.exchange.simulator.clock import precise_ms
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Fault, Occasion
from engine.exchange.simulator.hub import facts_of
from engine.exchange.simulator.limits import ORDERS, WEIGHT
from engine.exchange.simulator.mishaps import edited
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.serving import Asked, serve, signer, skew_of
from engine.exchange.simulator.world import World

CONNECT_WEIGHT, _SUBSCRIBE_WEIGHT = 2, 2
_MOST_SUBSCRIPTIONS = 65_535
_OUTCOMES = ("drop_before", "drop_after", "status", "code", "edit", "ban")

METHODS: dict[str, Endpoint] = {
    "ping": rest_market.ROUTES["GET", "/api/v3/ping"],
    "time": rest_market.ROUTES["GET", "/api/v3/time"],
    "exchangeInfo": rest_market.ROUTES["GET", "/api/v3/exchangeInfo"],
    "klines": rest_market.ROUTES["GET", "/api/v3/klines"],
    "ticker.price": rest_market.ROUTES["GET", "/api/v3/ticker/price"],
    "ticker.book": rest_market.ROUTES["GET", "/api/v3/ticker/bookTicker"],
    "account.status": rest_account.ROUTES["GET", "/api/v3/account"],
    "account.commission": rest_account.ROUTES["GET", "/api/v3/account/commission"],
    "order.status": rest_account.ROUTES["GET", "/api/v3/order"],
    "openOrders.status": rest_account.ROUTES["GET", "/api/v3/openOrders"],
    "myTrades": rest_account.ROUTES["GET", "/api/v3/myTrades"],
    "orderList.status": rest_account.ROUTES["GET", "/api/v3/orderList"],
    "order.place": rest_orders.ROUTES["POST", "/api/v3/order"],
    "order.test": rest_orders.ROUTES["POST", "/api/v3/order/test"],
    "order.cancel": rest_orders.ROUTES["DELETE", "/api/v3/order"],
    "orderList.place.oco": rest_orders.ROUTES["POST", "/api/v3/orderList/oco"],
    "orderList.cancel": rest_orders.ROUTES["DELETE", "/api/v3/orderList"],
}


Answer = Callable[..., None]


class Channel(Protocol):
    """Where answers and events go."""

    def push(self, text: bytes) -> None:
        """Queue a message."""
        ...

    def drop(self, code: int = 0) -> None:
        """Close the connection with ``code``, or cut it."""
        ...


class ApiSession:
    """One connection of the WebSocket API; ``address`` is who pays the request weight."""

    def __init__(self, world: World, channel: Channel, address: str) -> None:
        self._world = world
        self._channel = channel
        self._address = address
        self._subscriptions: dict[int, tuple[Account, Callable[[], None]]] = {}
        self._next = 0
        self._closed = False
        world.limits.add_weight(address, CONNECT_WEIGHT)

    def heard(self, text: str) -> None:
        """Carry out one request and answer it."""
        try:
            request = orjson.loads(text)
        except orjson.JSONDecodeError:
            request = None
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            self._answer(None, 400, error=Refused(-1135, "Invalid JSON Request").body)
            return
        asked, number = (
            self._asked(request["method"], request.get("params") or {}),
            request.get("id"),
        )
        faults = self._world.faults
        faults.moment("request_read", asked.occasion)
        wait = faults.take(asked.occasion, "delay")
        if wait is None:
            self._through_faults(number, asked, self._answer)
            return
        asked.entry.fault, seconds = wait.what, faults.seconds(wait)
        if wait.after:
            later = partial(self._later, seconds)
            self._through_faults(number, asked, later)
        else:
            self._world.later(seconds, lambda: self._through_faults(number, asked, self._answer))

    def close(self) -> None:
        """Stop all event subscriptions."""
        for _, stop in self._subscriptions.values():
            stop()
        self._subscriptions.clear()
        self._closed = True

    def _asked(self, method: str, params: dict[str, Any]) -> Asked:
        key, values = str(params.get("apiKey", "")), {n: _text(v) for n, v in params.items()}
        entry = self._world.journal.add(
            precise_ms(), self._world.clock.now(), "WS", method, key, values
        )
        occasion = Occasion("WS", method, key, facts=values)
        return Asked(occasion, Params(values), socket_payload(params), self._address, entry)

    def _through_faults(self, number: Any, asked: Asked, answer: Answer) -> None:
        world, entry = self._world, asked.entry
        fault = world.faults.take(asked.occasion, *_OUTCOMES)
        if fault is not None:
            entry.fault = fault.what
            if fault.what == "ban":
                ms = world.faults.seconds(fault) * 1000
                world.bans.begin(self._address, fault.status or 418, ms)
            if fault.what == "drop_before":
                self._channel.drop()
                return
        try:
            result = self._carry_out(asked, fault)
        except Refused as refusal:
            entry.status, entry.code = refusal.status, refusal.code
            entry.retry_after = int(refusal.headers.get("Retry-After", 0))
            outcome: dict[str, Any] = {"error": refusal.body}
        else:
            entry.status, outcome = 200, {"result": result}
        world.faults.moment("accepted_not_answered", asked.occasion)
        if fault is not None and fault.what == "drop_after":
            self._channel.drop()
        elif fault is not None and fault.after and fault.what in {"status", "code"}:
            answer(number, fault.status or 400, error=_injected(fault).body)
        else:
            answer(number, entry.status, **outcome)

    def _carry_out(self, asked: Asked, fault: Fault | None) -> Any:
        if fault is not None and fault.what in {"status", "code"} and not fault.after:
            raise _injected(fault)
        self._world.bans.check(self._address)
        result = self._serve(asked)
        return edited(result, fault.changes) if fault is not None else result

    def _serve(self, asked: Asked) -> Any:
        method = asked.occasion.path
        match method:
            case "userDataStream.subscribe.signature":
                self._world.limits.spend_weight(self._address, _SUBSCRIBE_WEIGHT)
                asked.entry.weight = _SUBSCRIBE_WEIGHT
                skew = skew_of(self._world, asked.occasion)
                return self._subscribe(signer(self._world, asked, skew))
            case "userDataStream.unsubscribe":
                number = asked.params.values.get("subscriptionId")
                return self._unsubscribe(None if number is None else int(number))
            case "session.subscriptions":
                return [{"subscriptionId": number} for number in self._subscriptions]
            case _ if method in METHODS:
                return serve(self._world, METHODS[method], asked)
            case _:
                raise Refused(-1020, "This operation is not supported.")

    def _subscribe(self, account: Account) -> dict[str, int]:
        if self._closed:
            raise Refused(-1000, "The connection is closed.")
        if any(owner is account for owner, _ in self._subscriptions.values()):
            raise Refused(-2035, "User Data Stream subscription already active.")
        if self._next > _MOST_SUBSCRIPTIONS:
            raise Refused(-2042, "Maximum subscription ID reached for this connection.")
        number, self._next = self._next, self._next + 1
        stop = self._world.listen(account.key, partial(self._event, number))
        self._subscriptions[number] = (account, stop)
        return {"subscriptionId": number}

    def _unsubscribe(self, number: int | None) -> dict[str, Any]:
        chosen = list(self._subscriptions) if number is None else [number]
        if not chosen or any(each not in self._subscriptions for each in chosen):
            raise Refused(-2036, "User Data Stream subscription not active.")
        for each in chosen:
            self._subscriptions[each][1]()
            self._event(each, {"e": "eventStreamTerminated", "E": self._world.clock.now()})
        return {}

    def _event(self, number: int, event: dict[str, Any]) -> None:
        text = orjson.dumps({"subscriptionId": number, "event": event})
        owner = self._subscriptions[number][0] if number in self._subscriptions else None
        occasion = Occasion(
            key=owner.key if owner else "", stream=f"user@{event['e']}", facts=facts_of(event)
        )
        self._world.sender.send(self._channel, occasion, text)
        if event["e"] == "eventStreamTerminated":
            self._subscriptions.pop(number, None)

    def _answer(self, number: Any, status: int, **outcome: Any) -> None:
        limits = self._world.limits
        used = limits.described((WEIGHT,), self._address)
        owner = next((account for account, _ in self._subscriptions.values()), None)
        if owner is not None:
            used = limits.described(ORDERS, owner.key) + used
        answer = {"id": number, "status": status, **outcome, "rateLimits": used}
        self._channel.push(orjson.dumps(answer))

    def _later(self, seconds: float, number: Any, status: int, **outcome: Any) -> None:
        self._world.later(seconds, lambda: self._answer(number, status, **outcome))


def _injected(fault: Fault) -> Refused:
    return Refused(fault.code, fault.msg or "Injected.", status=fault.status or 400)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else orjson.dumps(value).decode()
