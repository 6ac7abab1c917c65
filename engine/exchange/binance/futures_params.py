"""Parameters of new futures orders. Source: USD-M API, "New Order" and "New Algo Order"."""

from engine.core.money import fixed
from engine.core.order import Order, OrderKind
from engine.exchange.binance.desk import Params

_TYPES = {OrderKind.MARKET: "MARKET", OrderKind.LIMIT: "LIMIT"}
_ALGO_TYPES = {
    OrderKind.STOP: "STOP_MARKET",
    OrderKind.STOP_LIMIT: "STOP",
    OrderKind.TAKE_PROFIT: "TAKE_PROFIT_MARKET",
}


def order_params(order: Order) -> Params:
    """A regular order; the answer waits for what became of a market order."""
    params: Params = {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": _TYPES[order.kind],
        "quantity": fixed(order.quantity),
        "newClientOrderId": order.client_id,
        "newOrderRespType": "RESULT",
    }
    if order.reduce_only:
        params["reduceOnly"] = "true"
    if order.kind is OrderKind.LIMIT and order.price is not None:
        params |= {"price": fixed(order.price), "timeInForce": "GTC"}
    return params


def algo_params(order: Order) -> Params:
    """A conditional order, which is triggered by the last price.

    One that closes the whole position takes neither a quantity nor ``reduceOnly``.
    """
    params: Params = {
        "algoType": "CONDITIONAL",
        "symbol": order.symbol,
        "side": order.side.value,
        "type": _ALGO_TYPES[order.kind],
        "workingType": "CONTRACT_PRICE",
        "clientAlgoId": order.client_id,
    }
    if order.stop_price is not None:
        params["triggerPrice"] = fixed(order.stop_price)
    if order.kind is OrderKind.STOP_LIMIT and order.price is not None:
        params["price"] = fixed(order.price)
    if order.close_position:
        return params | {"closePosition": "true"}
    params["quantity"] = fixed(order.quantity)
    if order.reduce_only:
        params["reduceOnly"] = "true"
    return params
