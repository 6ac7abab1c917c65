"""The futures exchange's state in the same shape as the spot one's, so that one check sees both.

A conditional order that triggered is the order of the same client id; until then it stands for
itself. What closes a whole position has no quantity of its own.
"""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
_ALGO = {
    "NEW": "NEW", "TRIGGERING": "NEW", "TRIGGERED": "NEW", "CANCELED": "CANCELED",
    "EXPIRED": "EXPIRED", "REJECTED": "REJECTED", "FINISHED": "FILLED",
}  # fmt: skip


def merged(state: Row) -> Row:
    """The whole state with orders and trades of both markets, each named with its ``market``."""
    futures = state["futures"]
    spot_orders = [order | {"market": "spot"} for order in state["orders"]]
    spot_trades = [trade | {"market": "spot"} for trade in state["trades"]]
    return state | {
        "orders": spot_orders + list(_orders(futures)),
        "trades": spot_trades + [trade | {"market": "futures"} for trade in futures["trades"]],
    }


def _orders(futures: Row) -> Iterator[Row]:
    known = set()
    for order in futures["orders"]:
        known.add((order["apiKey"], order["clientOrderId"]))
        yield order | {"market": "futures", "cummulativeQuoteQty": order["cumQuote"]}
    for algo in futures["algoOrders"]:
        if (algo["apiKey"], algo["clientAlgoId"]) in known:
            continue
        yield {
            "market": "futures", "apiKey": algo["apiKey"], "symbol": algo["symbol"],
            "orderId": algo["algoId"], "clientOrderId": algo["clientAlgoId"],
            "status": _ALGO[algo["algoStatus"]], "side": algo["side"], "executedQty": "0",
            "origQty": algo["quantity"], "price": algo["price"], "stopPrice": algo["triggerPrice"],
            "cummulativeQuoteQty": "0", "time": algo["createTime"],
            "closePosition": algo["closePosition"], "reduceOnly": algo["reduceOnly"],
        }  # fmt: skip
