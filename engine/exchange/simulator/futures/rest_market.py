"""Public futures endpoints: rules, candles, tickers, depth, mark prices and funding rates."""

from decimal import Decimal
from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator import rest_market
from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.futures.asking import (
    book_of,
    contract_of,
    each,
    one_or_all,
    public,
    span,
)
from engine.exchange.simulator.futures.contracts import Contract, exchange_info
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.symbols import wire

_MOST_CANDLES = 1500
_CANDLE_WEIGHTS = ((99, 1), (499, 2), (1000, 5))
_DEPTH_WEIGHTS = ((50, 2), (100, 5), (500, 10))
_MONTH_MS = 30 * 86_400_000


def info(call: Call) -> dict[str, Any]:
    """Rules of all contracts."""
    return exchange_info(book_of(call).floor.contracts, call.now)


def klines(call: Call) -> list[list[Any]]:
    """Candles, the running one last."""
    contract_of(call)
    return rest_market.klines(call, most=_MOST_CANDLES)


def continuous_klines(call: Call) -> list[list[Any]]:
    """Candles of a pair's perpetual contract."""
    if call.params.text("contractType") != "PERPETUAL":
        raise Refused(-1130, "Data sent for parameter 'contractType' is not valid.")
    values = {**call.params.values, "symbol": call.params.text("pair")}
    return klines(Call(call.world, Params(values), call.now, call.signer))


def premium_index(call: Call) -> Any:
    """Mark and index price, funding rate and when it is paid next."""
    return each(call, lambda contract: _premium(call, contract))


def ticker_price(call: Call) -> Any:
    """Last prices."""
    return each(call, lambda c: {
        "symbol": c.name, "price": fixed(book_of(call).floor.last(c.name)), "time": call.now,
    })  # fmt: skip


def book_ticker(call: Call) -> Any:
    """Best bids and asks."""
    return each(call, lambda c: {"symbol": c.name} | rest_market.top(call, c.name) | {
        "time": call.now, "lastUpdateId": call.world.market.update_id(),
    })  # fmt: skip


def day_ticker(call: Call) -> Any:
    """Figures of the last 24 hours."""
    return each(call, lambda c: {
        name: value
        for name, value in rest_market.day(call, c.name, mini=False).items()
        if not name.startswith(("bid", "ask", "prevClose"))
    })  # fmt: skip


def depth(call: Call) -> dict[str, Any]:
    """Invented levels around the price."""
    contract_of(call)
    return rest_market.depth(call) | {"E": call.now, "T": call.now}


def funding_rates(call: Call) -> list[dict[str, Any]]:
    """Fundings that have happened."""
    symbol = contract_of(call).name if "symbol" in call.params else None
    start, end = span(call, _MONTH_MS)
    limit = call.params.limit(100, 1000)
    found = [
        {"symbol": f.symbol, "fundingRate": wire(f.rate), "fundingTime": f.at,
         "markPrice": wire(f.mark)}
        for f in book_of(call).fundings
        if symbol in {None, f.symbol} and start <= f.at <= end
    ]  # fmt: skip
    return found[:limit] if "startTime" in call.params else found[-limit:]


def _premium(call: Call, contract: Contract) -> dict[str, Any]:
    book = book_of(call)
    price = wire(book.floor.mark(contract.name))
    return {
        "symbol": contract.name, "markPrice": price, "indexPrice": price,
        "estimatedSettlePrice": price, "lastFundingRate": wire(book.rate(contract.name)),
        "interestRate": wire(Decimal("0.0001")), "nextFundingTime": book.next_funding,
        "time": call.now,
    }  # fmt: skip


def _limit(params: Params, default: int) -> int:
    text = params.values.get("limit", "")
    return int(text) if text.isdecimal() else default


def _candle_weight(params: Params) -> int:
    limit = _limit(params, 500)
    return next((weight for most, weight in _CANDLE_WEIGHTS if limit <= most), 10)


def _depth_weight(params: Params) -> int:
    limit = _limit(params, 500)
    return next((weight for most, weight in _DEPTH_WEIGHTS if limit <= most), 20)


ROUTES = {
    ("GET", "/fapi/v1/ping"): public(rest_market.ping),
    ("GET", "/fapi/v1/time"): public(rest_market.server_time),
    ("GET", "/fapi/v1/exchangeInfo"): public(info),
    ("GET", "/fapi/v1/klines"): public(klines, _candle_weight),
    ("GET", "/fapi/v1/continuousKlines"): public(continuous_klines, _candle_weight),
    ("GET", "/fapi/v1/premiumIndex"): public(premium_index, one_or_all(1, 10)),
    ("GET", "/fapi/v1/ticker/price"): public(ticker_price, one_or_all(1, 2)),
    ("GET", "/fapi/v2/ticker/price"): public(ticker_price, one_or_all(1, 2)),
    ("GET", "/fapi/v1/ticker/bookTicker"): public(book_ticker, one_or_all(2, 5)),
    ("GET", "/fapi/v1/ticker/24hr"): public(day_ticker, one_or_all(1, 40)),
    ("GET", "/fapi/v1/depth"): public(depth, _depth_weight),
    ("GET", "/fapi/v1/fundingRate"): public(funding_rates),
}
