"""Public spot endpoints: general information, candles, tickers, depth."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from engine.core.market import Timeframe
from engine.core.money import floor_to_step
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.errors import Refused, bad_symbol
from engine.exchange.simulator.hub import trades_in, units
from engine.exchange.simulator.limits import ORDERS, RAW, WEIGHT
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.symbols import describe, wire

_DAY_MS = 86_400_000
_FRAMES = {frame.value: frame for frame in Timeframe}
_BAD_INTERVAL = Refused(-1120, "Invalid interval.")


def ping(_: Call) -> dict[str, Any]:
    """Answer to a ping."""
    return {}


def server_time(call: Call) -> dict[str, Any]:
    """Virtual time."""
    return {"serverTime": call.now + call.skew}


def exchange_info(call: Call) -> dict[str, Any]:
    """Rules of all symbols or of those asked for."""
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": [pool.described() for pool in (WEIGHT, *ORDERS, RAW)],
        "exchangeFilters": [],
        "symbols": [describe(call.world.market.specs[name]) for name in _symbols(call)[0]],
    }


def klines(call: Call, most: int = 1000) -> list[list[Any]]:
    """Candles, the running one last; at most ``most``."""
    symbol = call.symbol()
    frame = call.params.choice("interval", _FRAMES, _BAD_INTERVAL)
    start, end = call.params.integer("startTime"), call.params.integer("endTime")
    limit = call.params.limit(500, most)
    found = call.world.market.candles(
        symbol,
        frame,
        start=start,
        end=min(call.now, call.now if end is None else end),
        limit=limit,
    )
    return [
        [candle[0], *(units(value) for value in candle[1:6]), candle[0] + frame.ms - 1,
         units(candle[6]), trades_in(candle), units(candle[5] // 2), units(candle[6] // 2), "0"]
        for candle in found
    ]  # fmt: skip


def average_price(call: Call) -> dict[str, Any]:
    """Average price of the last minutes."""
    symbol = call.symbol()
    minutes = call.world.market.specs[symbol].avg_price_mins
    price = call.world.average_price(symbol)
    return {"mins": minutes, "price": wire(price), "closeTime": call.now}


def ticker_price(call: Call) -> Any:
    """Last prices."""
    return _each(call, lambda s: {"symbol": s, "price": wire(call.world.market.last(s))})


def book_ticker(call: Call) -> Any:
    """Best bids and asks."""
    return _each(call, lambda symbol: {"symbol": symbol} | top(call, symbol))


def day_ticker(call: Call) -> Any:
    """Figures of the last 24 hours, FULL or MINI."""
    mini = call.params.choice(
        "type", {"FULL": False, "MINI": True}, Refused(-1139, "Invalid ticker type."), "FULL"
    )
    return _each(call, lambda symbol: day(call, symbol, mini=mini))


def depth(call: Call) -> dict[str, Any]:
    """Invented levels around the price; the quantity grows away from it."""
    symbol, limit = call.symbol(), call.params.limit(100, 5000)
    market = call.world.market
    quote, spec = market.quote(symbol), market.specs[symbol]
    best = market.depth_at_top(symbol)[0]
    levels = range(min(limit, 20))
    quantities = [floor_to_step(best * (4 + level) / 4, spec.step) for level in levels]
    return {
        "lastUpdateId": market.update_id(),
        "bids": [[wire(quote.bid - spec.tick * n), wire(quantities[n])] for n in levels],
        "asks": [[wire(quote.ask + spec.tick * n), wire(quantities[n])] for n in levels],
    }


def top(call: Call, symbol: str) -> dict[str, str]:
    """Best bid and ask of a symbol."""
    quote = call.world.market.quote(symbol)
    bid_quantity, ask_quantity = call.world.market.depth_at_top(symbol)
    return {"bidPrice": wire(quote.bid), "bidQty": wire(bid_quantity),
            "askPrice": wire(quote.ask), "askQty": wire(ask_quantity)}  # fmt: skip


def day(call: Call, symbol: str, *, mini: bool) -> dict[str, Any]:
    """Figures of the last 24 hours of a symbol."""
    market = call.world.market
    start = call.now - _DAY_MS
    rows = market.tapes[symbol].rows(start, call.now).tolist()
    last = market.last(symbol)
    opened = Decimal(rows[0][1] if rows else market.tapes[symbol].price).scaleb(-8)
    volume = sum(row[5] for row in rows)
    turnover = sum(row[5] * row[4] // 10**8 for row in rows)
    answer: dict[str, Any] = {
        "symbol": symbol,
        "openPrice": wire(opened),
        "highPrice": units(max((row[2] for row in rows), default=market.tapes[symbol].price)),
        "lowPrice": units(min((row[3] for row in rows), default=market.tapes[symbol].price)),
        "lastPrice": wire(last),
        "volume": units(volume),
        "quoteVolume": units(turnover),
        "openTime": start,
        "closeTime": call.now,
        "firstId": start // 1000,
        "lastId": start // 1000 + len(rows),
        "count": len(rows) + 1,
    }
    if mini:
        return answer
    average = Decimal(turnover) / volume if volume else last
    return answer | top(call, symbol) | {
        "priceChange": wire(last - opened),
        "priceChangePercent": f"{(last / opened - 1) * 100:.3f}",
        "weightedAvgPrice": wire(average),
        "prevClosePrice": wire(opened),
        "lastQty": wire(market.specs[symbol].step),
    }  # fmt: skip


def _symbols(call: Call) -> tuple[list[str], bool]:
    """Symbols asked for (all without a parameter) and whether a single one was named."""
    if "symbol" in call.params:
        return [call.symbol()], True
    specs = call.world.market.specs
    if "symbols" not in call.params:
        return list(specs), False
    try:
        names = orjson.loads(call.params.text("symbols"))
    except orjson.JSONDecodeError as error:
        raise Refused(-1135, "JSON sent for parameter 'symbols' is not valid") from error
    if not isinstance(names, list) or any(name not in specs for name in names):
        raise bad_symbol()
    return names, False


def _each(call: Call, describe_one: Callable[[str], dict[str, Any]]) -> Any:
    names, single = _symbols(call)
    return describe_one(names[0]) if single else [describe_one(name) for name in names]


def _one_or_all(one: int, many: int) -> Callable[[Params], int]:
    return lambda params: one if "symbol" in params else many


def _depth_weight(params: Params) -> int:
    limit = int(params.values.get("limit", "100") or 0) if params.values.get(
        "limit", "100").isdecimal() else 100  # fmt: skip
    return next((w for most, w in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v3/ping"): Endpoint(ping),
    ("GET", "/api/v3/time"): Endpoint(server_time),
    ("GET", "/api/v3/exchangeInfo"): Endpoint(exchange_info, 20),
    ("GET", "/api/v3/klines"): Endpoint(klines, 2),
    ("GET", "/api/v3/uiKlines"): Endpoint(klines, 2),
    ("GET", "/api/v3/avgPrice"): Endpoint(average_price, 2),
    ("GET", "/api/v3/ticker/price"): Endpoint(ticker_price, _one_or_all(2, 4)),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(book_ticker, _one_or_all(2, 4)),
    ("GET", "/api/v3/ticker/24hr"): Endpoint(day_ticker, _one_or_all(2, 80)),
    ("GET", "/api/v3/depth"): Endpoint(depth, _depth_weight),
}
