"""The futures exchange's JSON as objects of the core: pure, and never a guess.

Source: USD-M API, "Trade" and "Account". Whatever is missing, null or of an unknown kind raises
``Unreadable``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from engine.core.checks import FuturesTerms
from engine.core.market import Side
from engine.core.money import ZERO
from engine.core.order import Fill, OrderEvent, OrderReport
from engine.core.position import ExitReason
from engine.core.trade import Funding
from engine.exchange.binance import parse
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.fields import Json, field, flag, integer, items, number, text
from engine.ports.account import Balance
from engine.ports.trader import VenuePosition

FINISHED = "FINISHED"
ALGO_EVENTS = {
    "NEW": OrderEvent.ACCEPT,
    "TRIGGERING": OrderEvent.ACCEPT,
    "TRIGGERED": OrderEvent.ACCEPT,
    "CANCELED": OrderEvent.CANCEL,
    "EXPIRED": OrderEvent.EXPIRE,
    "REJECTED": OrderEvent.REFUSE,
}
"""What a conditional order's state says of it; FINISHED is told by the order that it became."""
_MADE_BY_EXCHANGE = {
    "autoclose-": ExitReason.LIQUIDATION,
    "adl_autoclose": ExitReason.ADL,
    "settlement_autoclose-": ExitReason.SETTLEMENT,
    "delivery_autoclose-": ExitReason.SETTLEMENT,
}
_ISOLATED = "ISOLATED"


@dataclass(frozen=True, slots=True)
class AlgoState:
    """A conditional order: its own state, and the id of the order that it became, if any."""

    report: OrderReport
    order_id: str | None
    finished: bool


class SymbolSetting(NamedTuple):
    """How a symbol trades on the account."""

    isolated: bool
    leverage: int


class AccountModes(NamedTuple):
    """Account-wide settings that our orders depend on."""

    hedge: bool
    multi_assets: bool


def order_report(raw: Json, client_id: str = "") -> OrderReport:
    """A regular order as placing, cancelling and querying answer it, without its fills.

    ``client_id`` is the id that it has in our books, if it is not the exchange's. Answers may come
    without an average price; then ``filled_quote`` is 0 until the trades were read.
    """
    filled = number(raw, "executedQty")
    return OrderReport(
        client_id or text(raw, "clientOrderId"),
        str(integer(raw, "orderId")),
        parse.order_event(raw, "status"),
        filled,
        _quote(raw, filled),
        integer(raw, "updateTime"),
    )


def _quote(raw: Json, filled: Decimal) -> Decimal:
    if not filled:
        return ZERO
    if "cumQuote" in raw:
        return number(raw, "cumQuote")
    return number(raw, "avgPrice") * filled if "avgPrice" in raw else ZERO


def algo_state(raw: Json) -> AlgoState:
    """A conditional order as placing and querying answer it."""
    status = text(raw, "algoStatus")
    order_id = order_id_of(raw.get("actualOrderId"))
    event = OrderEvent.ACCEPT if status == FINISHED else algo_event(status)
    note = str(raw.get("rm") or "") if event is OrderEvent.REFUSE else ""
    report = OrderReport(
        text(raw, "clientAlgoId"), str(integer(raw, "algoId")), event, ZERO, ZERO,
        integer(raw, "updateTime"), note=note,
    )  # fmt: skip
    return AlgoState(report, order_id, status == FINISHED)


def algo_event(status: str) -> OrderEvent:
    """What a state says; raises Unreadable for FINISHED and unknown ones."""
    try:
        return ALGO_EVENTS[status]
    except KeyError:
        raise Unreadable(f"unknown state of a conditional order {status}") from None


def order_id_of(value: Any) -> str | None:
    """Id of the order that a conditional one became; empty, or 0, until it is triggered."""
    told = str(value) if isinstance(value, int | str) and value else "0"
    if not told.isdecimal():
        raise Unreadable("order id of an unknown form")
    return told if int(told) else None


def trades(raw: Any) -> dict[str, list[Fill]]:
    """Entries of ``userTrades`` by the id of their order; their client ids are not told."""
    found: dict[str, list[Fill]] = {}
    for entry in items(raw, "trades"):
        found.setdefault(str(integer(entry, "orderId")), []).append(parse.trade(entry, ""))
    return found


def side(raw: Json) -> Side:
    """Side of an order."""
    try:
        return Side(text(raw, "side"))
    except ValueError:
        raise Unreadable("side of an unknown kind") from None


def made_by(client_id: str) -> ExitReason:
    """What a foreign order's client id says of who made it (USD-M API, "Order Update")."""
    found = (why for head, why in _MADE_BY_EXCHANGE.items() if client_id.startswith(head))
    return next(found, ExitReason.EXTERNAL)


def balances(raw: Any) -> dict[str, Balance]:
    """Entries of ``balance``: what new positions may use is free; zero ones left out."""
    found = {}
    for entry in items(raw, "balances"):
        total, free = number(entry, "balance"), max(ZERO, number(entry, "availableBalance"))
        if total or free:
            found[text(entry, "asset")] = Balance(free, max(ZERO, total - free))
    return found


def positions(raw: Any) -> dict[str, VenuePosition]:
    """Entries of ``positionRisk`` that are open, by symbol; both sides of a hedge are netted."""
    found: dict[str, VenuePosition] = {}
    for entry in items(raw, "positions"):
        quantity, symbol = number(entry, "positionAmt"), text(entry, "symbol")
        if not quantity:
            continue
        other = found.get(symbol)
        liquidation = number(entry, "liquidationPrice")
        found[symbol] = VenuePosition(
            symbol,
            quantity + (other.quantity if other else ZERO),
            number(entry, "entryPrice"),
            liquidation if liquidation > 0 else None,
        )
    return found


def terms(raw: Any, symbol: str) -> FuturesTerms:
    """First bracket of a symbol out of ``leverageBracket``, a list or the symbol's own entry."""
    listed = raw if isinstance(raw, list) else [raw]
    entry = next((e for e in listed if isinstance(e, Mapping) and e.get("symbol") == symbol), None)
    brackets = items(field(entry, "brackets"), "brackets")
    if not brackets:
        raise Unreadable("brackets are empty")
    first = min(brackets, key=lambda bracket: plain_number(bracket, "notionalFloor"))
    leverage = plain_number(first, "initialLeverage")
    return FuturesTerms(int(leverage), plain_number(first, "maintMarginRatio"))


def plain_number(raw: Json, name: str) -> Decimal:
    """A figure that the exchange writes as a JSON number, or as text."""
    value = field(raw, name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unreadable(f"{name} is not a number")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Unreadable(f"{name} is not a number") from None


def income(raw: Any, kind: str) -> list[Funding]:
    """Entries of ``income`` of one type, oldest first."""
    found = [
        Funding(
            str(integer(entry, "tranId")),
            text(entry, "symbol"),
            number(entry, "income"),
            integer(entry, "time"),
        )
        for entry in items(raw, "income")
        if text(entry, "incomeType") == kind
    ]
    return sorted(found, key=lambda payment: payment.at)


def modes(raw: Json) -> AccountModes:
    """Answer of ``accountConfig``."""
    return AccountModes(flag(raw, "dualSidePosition"), flag(raw, "multiAssetsMargin"))


def symbol_setting(raw: Any, symbol: str) -> SymbolSetting:
    """A symbol's entry of ``symbolConfig``."""
    for entry in items(raw, "symbol settings"):
        if text(entry, "symbol") == symbol:
            isolated = text(entry, "marginType") == _ISOLATED
            return SymbolSetting(isolated, int(plain_number(entry, "leverage")))
    raise Unreadable(f"settings of {symbol} are missing")
