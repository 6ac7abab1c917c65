"""The WebSocket API: requests with answers on one connection, and user data subscriptions."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import orjson

from engine.exchange.simulator import rest_account, rest_market, rest_orders
from engine.exchange.simulator.auth import account_of, socket_payload, verify
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.clock import system_ms
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.limits import ORDERS, WEIGHT
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.world import World

_CONNECT_WEIGHT = 2
_MOST_SUBSCRIPTIONS = 65_535

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


class Channel(Protocol):
    """Where answers and events go."""

    def push(self, text: bytes) -> None:
        """Queue a message."""
        ...

    def drop(self) -> None:
        """Cut the connection."""
        ...


class ApiSession:
    """One connection of the WebSocket API; ``address`` is who pays the request weight."""

    def __init__(self, world: World, channel: Channel, address: str) -> None:
        self._world = world
        self._channel = channel
        self._address = address
        self._subscriptions: dict[int, tuple[Account, Callable[[], None]]] = {}
        self._next = 0
        world.limits.add_weight(address, _CONNECT_WEIGHT)

    def heard(self, text: str) -> None:
        """Carry out one request and answer it."""
        try:
            request = orjson.loads(text)
        except orjson.JSONDecodeError:
            request = None
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            self._answer(None, 400, error=Refused(-1135, "Invalid JSON Request").body)
            return
        number, params = request.get("id"), request.get("params") or {}
        entry = self._world.journal.add(
            system_ms(), self._world.clock.now(), "WS", request["method"],
            str(params.get("apiKey", "")), {k: str(v) for k, v in params.items()},
        )  # fmt: skip
        try:
            result = self._serve(request["method"], params)
        except Refused as refusal:
            entry.status, entry.code = refusal.status, refusal.code
            self._answer(number, refusal.status, error=refusal.body)
        else:
            entry.status = 200
            self._answer(number, 200, result=result)

    def close(self) -> None:
        """Stop all event subscriptions."""
        for _, stop in self._subscriptions.values():
            stop()
        self._subscriptions.clear()

    def _serve(self, method: str, params: dict[str, Any]) -> Any:
        self._world.faults.moment("request_read", method="WS", path=method)
        fault = self._world.faults.request("WS", method, "status", "code")
        if fault is not None:
            raise Refused(fault.code, fault.msg or "Injected.", status=fault.status or 400)
        match method:
            case "userDataStream.subscribe.signature":
                self._world.limits.spend_weight(self._address, 2)
                return self._subscribe(self._signer(params))
            case "userDataStream.unsubscribe":
                return self._unsubscribe(params.get("subscriptionId"))
            case "session.subscriptions":
                return [{"subscriptionId": number} for number in self._subscriptions]
            case _:
                return self._call(method, params)

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        endpoint, world = METHODS.get(method), self._world
        if endpoint is None:
            raise Refused(-1020, "This operation is not supported.")
        typed = Params({name: _text(value) for name, value in params.items()})
        cost = endpoint.cost(typed)
        world.limits.spend_weight(self._address, cost)
        call = Call(world, typed, world.clock.now())
        if endpoint.signed:
            call.signer = self._signer(params)
            endpoint.admit(call.signer)
            world.limits.spend_orders(call.signer.key, endpoint.orders)
        result = endpoint.handler(call)
        if endpoint.free:
            world.limits.add_weight(self._address, -cost)
        return result

    def _signer(self, params: dict[str, Any]) -> Account:
        account = account_of(self._world.accounts, str(params.get("apiKey", "")))
        values = {name: str(value) for name, value in params.items()}
        verify(account, socket_payload(params), values, self._world.clock)
        return account

    def _subscribe(self, account: Account) -> dict[str, int]:
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
            self._event(each, {"e": "eventStreamTerminated", "E": self._world.clock.now()})
            self._subscriptions.pop(each)[1]()
        return {}

    def _event(self, number: int, event: dict[str, Any]) -> None:
        text = orjson.dumps({"subscriptionId": number, "event": event})
        self._world.sender.send(self._channel, f"user@{event['e']}", text)

    def _answer(self, number: Any, status: int, **outcome: Any) -> None:
        limits = self._world.limits
        used = limits.described((WEIGHT,), self._address)
        owner = next((account for account, _ in self._subscriptions.values()), None)
        if owner is not None:
            used = limits.described(ORDERS, owner.key) + used
        answer = {"id": number, "status": status, **outcome, "rateLimits": used}
        self._channel.push(orjson.dumps(answer))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else orjson.dumps(value).decode()
