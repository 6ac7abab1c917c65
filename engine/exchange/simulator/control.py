"""The control surface: what tests and demos may see and do behind the exchange's back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from aiohttp import web

from engine.exchange.simulator import wire
from engine.exchange.simulator.control_faults import FaultControl
from engine.exchange.simulator.faults import BadFault
from engine.exchange.simulator.futures.control import FuturesControl
from engine.exchange.simulator.symbols import describe
from engine.exchange.simulator.symbols import wire as number
from engine.exchange.simulator.tape import to_units
from engine.exchange.simulator.world import DemoAccount, World

_BUDGET_NS = 20_000_000
_RIGHTS = {
    "enableSpotAndMarginTrading": "can_trade",
    "enableWithdrawals": "can_withdraw",
    "enableFutures": "can_futures",
    "permitsUniversalTransfer": "can_transfer",
    "ipRestrict": "ip_restricted",
}
Action = Callable[[dict[str, Any]], Awaitable[Any]]


class Control:
    """``/sandbox/*``: JSON in, JSON out; a bad request is answered 400 with {"error"}."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._futures = FuturesControl(world.futures)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Hang the paths into a server."""
        router.add_get("/sandbox/state", self.state)
        router.add_get("/sandbox/clock", self.clock)
        faults = FaultControl(self._world)
        router.add_get("/sandbox/faults", self.faults)
        router.add_delete("/sandbox/faults", self.clear_faults)
        actions: dict[str, Action] = {
            "accounts": self._account, "price": self._price, "candle": self._candle,
            "advance": self._advance, "symbol": self._rules, "faults": faults.rule,
            "fill": faults.fill, "disconnect": faults.disconnect, "futures": self._act,
        }  # fmt: skip
        for name, action in actions.items():
            router.add_post(f"/sandbox/{name}", _guarded(action))

    async def state(self, request: web.Request) -> web.Response:
        """Everything; ``?requests_after=N`` shows only requests from number N on."""
        world = self._world
        asked = request.query.get("requests_after", "0")
        first = int(asked) if asked.isdecimal() else 0
        return _json({
            "clock": self._clock(),
            "prices": {s: number(world.market.last(s)) for s in world.market.tapes},
            "accounts": [wire.account(a) | {"apiKey": key} for key, a in world.accounts.items()],
            "orders": [wire.shown(o) | {"apiKey": o.account.key, "expiryReason": o.expiry_reason}
                       for o in world.book.orders],
            "orderLists": [wire.order_list(o) | {"apiKey": o.account.key}
                           for o in world.book.lists],
            "trades": [wire.trade(t) | {"apiKey": a.key} for a, t in world.book.trades],
            "futures": self._futures.state(),
            "faults": [rule.described() for rule in world.faults.rules],
            "requests": world.journal.since(first),
        })  # fmt: skip

    async def clock(self, _: web.Request) -> web.Response:
        """Virtual time and speed."""
        return _json(self._clock())

    async def faults(self, _: web.Request) -> web.Response:
        """Rules in force."""
        return _json([rule.described() for rule in self._world.faults.rules])

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Remove all rules, and with them bans and what is hidden."""
        self._world.forgive()
        return _json({})

    def _clock(self) -> dict[str, Any]:
        clock = self._world.clock
        return {"now": clock.now(), "speed": clock.speed, "origin": clock.origin_ms}

    async def _account(self, body: dict[str, Any]) -> Any:
        """Open an account, set a known one's balances and rights, or revoke its key.

        ``refused`` makes every request of the key fail as from a foreign address, until it is
        false again; a revoked key comes back by opening the account anew.
        """
        known = self._world.accounts.get(body["key"])
        if body.get("revoked"):
            self._world.revoke(body["key"])
            return {}
        secret = body["secret"] if known is None else body.get("secret", known.secret)
        balances = {asset: Decimal(str(v)) for asset, v in body.get("balances", {}).items()}
        account = self._world.add_account(
            DemoAccount(body["key"], secret, balances, bool(body.get("bnb_burn", False)))
        )
        account.refused = bool(body.get("refused", False))
        for right, value in body.get("permissions", {}).items():
            if right not in _RIGHTS:
                raise ValueError(f"permissions: one of {', '.join(_RIGHTS)}")
            setattr(account, _RIGHTS[right], bool(value))
        for fee in ("maker_fee", "taker_fee"):
            if fee in body:
                setattr(account, fee, Decimal(str(body[fee])))
        self._futures.set_up(account, body)
        return wire.account(account)

    async def _rules(self, body: dict[str, Any]) -> Any:
        """Change a symbol's status or some of its filters.

        Nothing trades unless the status is TRADING; ``expel`` ends all live orders besides.
        """
        if body.get("market") == "futures":
            return self._futures.rules(body, self._world.clock.now())
        symbol, specs = self._symbol(body), self._world.market.specs
        changes: dict[str, Any] = {
            name: Decimal(str(body[name]))
            for name in ("tick", "step", "min_notional")
            if name in body
        }
        if "status" in body:
            changes["status"] = str(body["status"])
        specs[symbol] = replace(specs[symbol], **changes)
        book, now = self._world.book, self._world.clock.now()
        if body.get("expel"):
            book.expel(symbol, now)
        if "status" in body:
            book.jumped(symbol, self._world.market.last(symbol), now)
        return describe(specs[symbol])

    async def _act(self, body: dict[str, Any]) -> Any:
        """Let the futures exchange act by itself."""
        return self._futures.act(body, self._world.clock.now())

    async def _price(self, body: dict[str, Any]) -> Any:
        """Let the market jump now."""
        self._world.set_price(self._symbol(body), Decimal(str(body["price"])))
        return {"symbol": body["symbol"], "price": number(self._world.market.last(body["symbol"]))}

    async def _candle(self, body: dict[str, Any]) -> Any:
        """Queue the next candle of a symbol."""
        open_, high, low, close, volume = (
            to_units(Decimal(str(body.get(name, "1" if name == "volume" else ""))))
            for name in ("open", "high", "low", "close", "volume")
        )
        if not low <= min(open_, close) <= max(open_, close) <= high or low <= 0:
            raise ValueError("candle: low <= open, close <= high")
        tape = self._world.market.tapes[self._symbol(body)]
        at = tape.queue((open_, high, low, close, volume))
        return {"symbol": body["symbol"], "openTime": at}

    async def _advance(self, body: dict[str, Any]) -> Any:
        """Move the clock by ``ms``, or ``to`` an instant, through all prices between."""
        world = self._world
        target = int(body["to"]) if "to" in body else world.clock.now() + int(body["ms"])
        if target < world.clock.now():
            raise ValueError("advance: time does not run backwards")
        kept_up = world.run_until(target, _BUDGET_NS)
        while not kept_up:
            await asyncio.sleep(0)
            kept_up = world.run_until(target, _BUDGET_NS)
        world.clock.settle(target)
        return self._clock()

    def _symbol(self, body: dict[str, Any]) -> str:
        symbol = str(body["symbol"])
        if symbol not in self._world.market.tapes:
            raise ValueError(f"symbol: {symbol} is not listed")
        return symbol


def _guarded(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = orjson.loads(await request.read() or b"{}")
            return _json(await action(body))
        except (KeyError, TypeError, ValueError, BadFault, InvalidOperation) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
