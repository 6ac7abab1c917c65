"""Orders, algo orders, trades, positions and balances in the futures API's JSON."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.core.market import Side
from engine.core.money import fixed
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.model import (
    TRAILING,
    AlgoOrder,
    FuturesAccount,
    Income,
    Order,
    Trade,
    Wish,
)  # fmt: skip
from engine.exchange.simulator.symbols import wire as money

_NONE_YET = "0.00000"


def price(value: Decimal) -> str:
    """Price without an exponent, at most eight decimals."""
    return fixed(round(value, 8))


def origin(found: Order) -> str:
    """Type that an order was placed with; what a conditional one became differs."""
    return found.algo.wish.kind if found.algo else found.wish.kind


def order(found: Order, *, full: bool = False) -> dict[str, Any]:
    """Order as placing and cancelling answer; ``full`` as queries show it."""
    wish = found.wish
    answer: dict[str, Any] = {
        "orderId": found.id,
        "symbol": wish.symbol,
        "status": found.status.value,
        "clientOrderId": found.client_id,
        "price": price(found.price),
        "origQty": fixed(found.quantity),
        "executedQty": fixed(found.executed),
        "timeInForce": wish.time_in_force,
        "type": wish.kind,
        "reduceOnly": wish.reduce_only,
        "closePosition": wish.close_position,
        "side": wish.side.value,
        "positionSide": wish.position_side,
        "stopPrice": price(wish.trigger),
        "workingType": wish.working_type,
        "priceProtect": wish.price_protect,
        "origType": origin(found),
        "priceMatch": wish.price_match,
        "selfTradePreventionMode": wish.stp_mode,
        "goodTillDate": wish.good_till,
        "updateTime": found.updated_at,
    }
    if not full:
        return answer | {"cumQty": fixed(found.executed)}
    average = f"{found.average:.5f}" if found.executed else _NONE_YET
    return answer | {
        "avgPrice": average, "cumQuote": price(found.spent), "time": found.created_at,
    }  # fmt: skip


def trade(found: Trade) -> dict[str, Any]:
    """Trade as ``userTrades`` shows it."""
    return {
        "symbol": found.symbol,
        "id": found.id,
        "orderId": found.order_id,
        "side": found.side.value,
        "price": price(found.price),
        "qty": fixed(found.quantity),
        "realizedPnl": money(found.realized),
        "quoteQty": price(found.price * found.quantity),
        "commission": money(found.commission),
        "commissionAsset": found.commission_asset,
        "time": found.at,
        "positionSide": found.position_side,
        "buyer": found.side is Side.BUY,
        "maker": found.maker,
        "marginAsset": MARGIN_ASSET,
    }


def income(found: Income) -> dict[str, Any]:
    """Movement of a wallet as ``income`` shows it."""
    return {
        "symbol": found.symbol,
        "incomeType": found.kind,
        "income": money(found.amount),
        "asset": found.asset,
        "time": found.at,
        "info": found.kind if found.trade_id is None else str(found.trade_id),
        "tranId": found.id,
        "tradeId": "" if found.trade_id is None else str(found.trade_id),
    }


def algo(found: AlgoOrder, *, full: bool = False) -> dict[str, Any]:
    """Conditional order; ``full`` adds what became of it."""
    wish = found.wish
    answer: dict[str, Any] = {
        "algoId": found.id,
        "clientAlgoId": found.client_id,
        "algoType": "CONDITIONAL",
        "orderType": wish.kind,
        "symbol": wish.symbol,
        "side": wish.side.value,
        "positionSide": wish.position_side,
        "timeInForce": wish.time_in_force,
        "quantity": fixed(wish.quantity),
        "algoStatus": found.status,
        "triggerPrice": price(wish.trigger),
        "price": price(wish.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": wish.stp_mode,
        "workingType": wish.working_type,
        "priceMatch": wish.price_match,
        "closePosition": wish.close_position,
        "priceProtect": wish.price_protect,
        "reduceOnly": wish.reduce_only,
        "createTime": found.created_at,
        "updateTime": found.updated_at,
        "triggerTime": found.triggered_at,
        "goodTillDate": wish.good_till,
    }
    if wish.kind == TRAILING:
        answer |= trailing(wish)
    if not full:
        return answer
    made = found.order
    return answer | {
        "actualOrderId": str(made.id) if made else "",
        "actualPrice": f"{made.average:.5f}" if made else _NONE_YET,
        "actualQty": fixed(made.executed) if made else "0",
        "actualType": made.wish.kind if made else "",
    }


def trailing(wish: Wish) -> dict[str, str]:
    """What only a trailing stop has."""
    return {"activatePrice": price(wish.activation), "callbackRate": fixed(wish.callback)}


def order_event(found: Order, execution: str, fill: Trade | None) -> dict[str, Any]:
    """Body ``o`` of ORDER_TRADE_UPDATE."""
    wish = found.wish
    kind = origin(found)
    trailed = found.algo is not None and kind == TRAILING
    body: dict[str, Any] = {
        "s": wish.symbol, "c": found.client_id, "S": wish.side.value, "o": wish.kind,
        "f": wish.time_in_force, "q": fixed(found.quantity), "p": price(found.price),
        "ap": price(found.average), "sp": price(wish.trigger), "x": execution,
        "X": found.status.value, "i": found.id, "l": fixed(fill.quantity) if fill else "0",
        "z": fixed(found.executed), "L": price(fill.price) if fill else "0",
        "n": money(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else MARGIN_ASSET, "T": found.updated_at,
        "t": fill.id if fill else 0, "b": "0", "a": "0", "m": bool(fill and fill.maker),
        "R": wish.reduce_only, "wt": wish.working_type, "ot": kind, "ps": wish.position_side,
        "cp": wish.close_position, "rp": price(fill.realized) if fill else "0",
        "pP": wish.price_protect, "si": 0, "ss": 0, "V": wish.stp_mode, "pm": wish.price_match,
        "gtd": wish.good_till, "er": found.reason,
    }  # fmt: skip
    return body | ({"AP": price(wish.activation), "cr": fixed(wish.callback)} if trailed else {})


def algo_event(found: AlgoOrder) -> dict[str, Any]:
    """Body ``o`` of ALGO_UPDATE."""
    wish, made = found.wish, found.order
    return {
        "caid": found.client_id, "aid": found.id, "at": "CONDITIONAL", "o": wish.kind,
        "s": wish.symbol, "S": wish.side.value, "ps": wish.position_side,
        "f": wish.time_in_force, "q": fixed(wish.quantity), "X": found.status,
        "ai": str(made.id) if made else "", "ap": price(made.average) if made else "0",
        "aq": fixed(made.executed) if made else "0", "act": made.wish.kind if made else "",
        "tp": price(wish.trigger), "p": price(wish.price), "V": wish.stp_mode,
        "wt": wish.working_type, "pm": wish.price_match, "cp": wish.close_position,
        "pP": wish.price_protect, "R": wish.reduce_only, "tt": found.triggered_at,
        "gtd": wish.good_till, "rm": found.reason, "ia": found.active,
    }  # fmt: skip


def balance_rows(
    account: FuturesAccount, changes: dict[str, Decimal], cross: Callable[[str], Decimal]
) -> list[dict[str, str]]:
    """Rows ``B`` of ACCOUNT_UPDATE; ``changes`` leave profit and commission out."""
    return [
        {"a": asset, "wb": money(account.wallet.get(asset, Decimal(0))), "cw": money(cross(asset)),
         "bc": money(change)}
        for asset, change in changes.items()
    ]  # fmt: skip
