"""The exchange's JSON as objects of the core: pure, and never a guess.

Whatever is missing, null or of an unknown kind raises ``Unreadable``; callers skip that item of a
public list, and treat an account's answer as unread.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.core.account import KeyRights
from engine.core.market import (
    Book,
    Candle,
    Market,
    StreamKey,
    SymbolRules,
    Ticker24h,
    Timeframe,
)
from engine.core.money import ZERO
from engine.core.order import Fill, OrderEvent, OrderReport
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.fields import Json, field, flag, integer, items, number, text
from engine.ports.account import Balance
from engine.ports.market import BookEvent, CandleEvent, MarketEvent
from engine.ports.trader import AccountEvent, BalanceEvent

STATUS_EVENTS = {
    "NEW": OrderEvent.ACCEPT,
    "PENDING_NEW": OrderEvent.ACCEPT,
    "PARTIALLY_FILLED": OrderEvent.FILL_PART,
    "FILLED": OrderEvent.FILL,
    "CANCELED": OrderEvent.CANCEL,
    "REJECTED": OrderEvent.REFUSE,
    "EXPIRED": OrderEvent.EXPIRE,
    "EXPIRED_IN_MATCH": OrderEvent.EXPIRE,
}
_LOT = ("stepSize", "minQty", "maxQty")
_PERCENT = ("multiplierUp", "multiplierDown")


def order_event(raw: Json, name: str) -> OrderEvent:
    """What an order's status says of it."""
    status = text(raw, name)
    try:
        return STATUS_EVENTS[status]
    except KeyError:
        raise Unreadable(f"unknown order status {status}") from None


def symbol_rules(raw: Json, market: Market = Market.SPOT) -> SymbolRules:
    """One entry of ``exchangeInfo.symbols``; a filter that is absent sets no bound.

    Futures call the least value ``notional``, bound prices around the mark price, and have no
    order lists.
    """
    filters = {text(f, "filterType"): f for f in items(field(raw, "filters"), "filters")}
    price, lot = filters.get("PRICE_FILTER"), filters.get("LOT_SIZE")
    market_lot = filters.get("MARKET_LOT_SIZE")
    notional: Json = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    futures = market is Market.FUTURES
    percent = filters.get("PERCENT_PRICE") if futures else None
    up, down = (number(percent, name) for name in _PERCENT) if percent else (ZERO, ZERO)
    least = "notional" if futures else "minNotional"
    tick, low, high = _bounds(price, ("tickSize", "minPrice", "maxPrice"))
    step, min_qty, max_qty = _bounds(lot, _LOT)
    market_step, market_min, market_max = _bounds(market_lot, _LOT)
    return SymbolRules(
        market=market,
        symbol=text(raw, "symbol"),
        base=text(raw, "baseAsset"),
        quote=text(raw, "quoteAsset"),
        status=text(raw, "status"),
        tick_size=tick,
        min_price=low,
        max_price=high,
        step_size=step,
        min_qty=min_qty,
        max_qty=max_qty,
        market_step_size=market_step,
        market_min_qty=market_min,
        market_max_qty=market_max,
        min_notional=number(notional, least) if notional else ZERO,
        max_notional=number(notional, "maxNotional") if "NOTIONAL" in filters else ZERO,
        order_types=frozenset(items(field(raw, "orderTypes"), "orderTypes")),
        oco_allowed=not futures and flag(raw, "ocoAllowed"),
        percent_up=up,
        percent_down=down,
    )


def _bounds(raw: Json | None, names: tuple[str, str, str]) -> tuple[Decimal, Decimal, Decimal]:
    if raw is None:
        return ZERO, ZERO, ZERO
    first, second, third = (number(raw, name) for name in names)
    return first, second, third


def kline(row: Any) -> tuple[Candle, int]:
    """A REST kline as candle and its close time (ms)."""
    try:
        candle = Candle(int(row[0]), *(float(value) for value in row[1:6]))
        return candle, int(row[6])
    except (IndexError, TypeError, ValueError, KeyError):
        raise Unreadable("kline of an unknown form") from None


def book(raw: Json, at: int) -> Book:
    """A REST ``bookTicker``; an empty side (price 0) is unreadable."""
    return _book(number(raw, "bidPrice"), number(raw, "askPrice"), at)


def _book(bid: Decimal, ask: Decimal, at: int) -> Book:
    if bid <= 0 or ask <= 0:
        raise Unreadable("the book has an empty side")
    return Book(bid, ask, at)


def ticker(raw: Json) -> Ticker24h:
    """A REST ``ticker/24hr`` entry."""
    return Ticker24h(
        text(raw, "symbol"),
        number(raw, "lastPrice"),
        number(raw, "priceChangePercent"),
        number(raw, "quoteVolume"),
    )


def market_message(
    stream: str, data: Json, at: int, market: Market = Market.SPOT
) -> MarketEvent | None:
    """An event of a combined public stream, or None for kinds that nobody asked for."""
    if stream.endswith("@bookTicker"):
        quotes = _book(number(data, "b"), number(data, "a"), at)
        return BookEvent(market, text(data, "s"), quotes)
    if "@kline_" not in stream:
        return None
    k = field(data, "k")
    try:
        key = StreamKey(market, text(k, "s"), Timeframe(text(k, "i")))
        figures = (float(text(k, name)) for name in "ohlcv")
        return CandleEvent(key, Candle(integer(k, "t"), *figures), flag(k, "x"))
    except ValueError:
        raise Unreadable("kline of an unknown form") from None


def order_report(raw: Json) -> OrderReport:
    """An order as placing, cancelling and querying answer it.

    A cancelled order's own id stands in ``origClientOrderId``, beside the cancel's.
    """
    client_id = text(raw, "origClientOrderId" if "origClientOrderId" in raw else "clientOrderId")
    at = integer(raw, "transactTime" if "transactTime" in raw else "updateTime")
    # -1 stands for "not recorded" on very old orders.
    quote = max(ZERO, number(raw, "cummulativeQuoteQty"))
    fills = tuple(
        _fill(fill, integer(fill, "tradeId"), client_id, at)
        for fill in items(raw.get("fills", []), "fills")
    )
    return OrderReport(
        client_id,
        str(integer(raw, "orderId")),
        order_event(raw, "status"),
        number(raw, "executedQty"),
        quote,
        at,
        fills,
        str(raw.get("expiryReason", "")),
    )


def with_fills(report: OrderReport, fills: list[Fill]) -> OrderReport:
    """The report with the trades that were read for it."""
    return replace(report, fills=tuple(fills))


def list_reports(raw: Json) -> list[OrderReport]:
    """Reports of the orders of a list, as placing and cancelling it answer."""
    return [order_report(order) for order in items(field(raw, "orderReports"), "orderReports")]


def trade(raw: Json, client_id: str) -> Fill:
    """One entry of ``myTrades``."""
    return _fill(raw, integer(raw, "id"), client_id, integer(raw, "time"))


def _fill(raw: Json, trade_id: int, client_id: str, at: int) -> Fill:
    return Fill(
        str(trade_id),
        client_id,
        number(raw, "price"),
        number(raw, "qty"),
        number(raw, "commission"),
        text(raw, "commissionAsset"),
        at,
    )


def balances(raw: Json) -> dict[str, Balance]:
    """Balances of ``GET account``, zero ones left out."""
    found = {
        text(entry, "asset"): Balance(number(entry, "free"), number(entry, "locked"))
        for entry in items(field(raw, "balances"), "balances")
    }
    return {asset: held for asset, held in found.items() if held.free or held.locked}


def account_event(raw: Json) -> AccountEvent | None:
    """A user data event, or None for kinds that the reports already tell (``listStatus``, …)."""
    kind = text(raw, "e")
    if kind == "executionReport":
        return _execution(raw)
    if kind == "outboundAccountPosition":
        changed = items(field(raw, "B"), "B")
        return BalanceEvent(
            {text(b, "a"): Balance(number(b, "f"), number(b, "l")) for b in changed}
        )
    return None


def _execution(raw: Json) -> OrderReport:
    # On a cancel ``c`` is the cancel's own id and ``C`` the order's; else ``C`` is empty.
    client_id = str(raw.get("C") or "") or text(raw, "c")
    reason = text(raw, "r")
    note = str(raw.get("eR") or ("" if reason == "NONE" else reason))
    return OrderReport(
        client_id,
        str(integer(raw, "i")),
        order_event(raw, "X"),
        number(raw, "z"),
        max(ZERO, number(raw, "Z")),
        integer(raw, "T"),
        _executed(raw, client_id),
        note,
    )


def _executed(raw: Json, client_id: str) -> tuple[Fill, ...]:
    """The trade in an executionReport, if it tells one completely."""
    quantity, price = number(raw, "l"), number(raw, "L")
    if text(raw, "x") != "TRADE" or quantity <= 0 or price <= 0 or integer(raw, "t") < 0:
        return ()
    commission = number(raw, "n")
    asset = text(raw, "N") if commission else str(raw.get("N") or "")
    return (
        Fill(
            str(integer(raw, "t")), client_id, price, quantity, commission, asset,
            integer(raw, "T"),
        ),
    )  # fmt: skip


def key_rights(raw: Json) -> KeyRights:
    """Rights out of ``apiRestrictions``; a right that is not mentioned is not held."""
    return KeyRights(
        can_read=flag(raw, "enableReading"),
        can_trade_spot=flag(raw, "enableSpotAndMarginTrading"),
        can_withdraw=flag(raw, "enableWithdrawals"),
        can_transfer=raw.get("permitsUniversalTransfer") is True,
        can_transfer_out=raw.get("enableInternalTransfer") is True,
        ip_restricted=flag(raw, "ipRestrict"),
        can_trade_futures=raw.get("enableFutures") is True,
    )
