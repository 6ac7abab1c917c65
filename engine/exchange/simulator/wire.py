"""Orders, lists, trades and accounts in the exchange's JSON: answers and user data events."""

from decimal import Decimal
from typing import Any

from engine.exchange.simulator.orders import Account, Order, OrderList, Trade
from engine.exchange.simulator.symbols import wire

_BASIS_POINTS = 10_000


def placed(order: Order, detail: str) -> dict[str, Any]:
    """Answer to a new order: ACK, RESULT or FULL."""
    answer: dict[str, Any] = {
        "symbol": order.wish.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": order.updated_at,
    }
    if detail == "ACK":
        return answer
    answer |= _figures(order) | {"workingTime": order.working_at}
    answer |= _conditional(order) | {"selfTradePreventionMode": order.wish.stp_mode}
    if detail == "FULL" and order.oco is None:
        answer["fills"] = [
            {"price": wire(t.price), "qty": wire(t.quantity), "commission": wire(t.commission),
             "commissionAsset": t.commission_asset, "tradeId": t.id}
            for t in order.trades
        ]  # fmt: skip
    return answer


def shown(order: Order) -> dict[str, Any]:
    """Order as queries show it."""
    return {
        "symbol": order.wish.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
    } | _figures(order) | {
        "stopPrice": wire(order.wish.stop_price),
        "icebergQty": wire(Decimal(0)),
        "time": order.created_at,
        "updateTime": order.updated_at,
        "isWorking": not order.waiting,
        "workingTime": order.working_at,
    } | _strategy(order) | {"selfTradePreventionMode": order.wish.stp_mode}  # fmt: skip


def cancelled(order: Order, cancel_id: str) -> dict[str, Any]:
    """Answer to a cancelled order."""
    return {
        "symbol": order.wish.symbol,
        "origClientOrderId": order.client_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": cancel_id,
        "transactTime": order.updated_at,
    } | _figures(order) | _conditional(order) | {
        "selfTradePreventionMode": order.wish.stp_mode
    }  # fmt: skip


def order_list(orders: OrderList) -> dict[str, Any]:
    """Order list without reports."""
    live = orders.live
    return {
        "orderListId": orders.id,
        "contingencyType": orders.contingency,
        "listStatusType": "EXEC_STARTED" if live else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if live else "ALL_DONE",
        "listClientOrderId": orders.client_id,
        "transactionTime": orders.updated_at,
        "symbol": orders.symbol,
        "orders": [
            {"symbol": o.wish.symbol, "orderId": o.id, "clientOrderId": o.client_id}
            for o in orders.orders
        ],
    }


def trade(trade: Trade) -> dict[str, Any]:
    """Trade as ``myTrades`` shows it."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": trade.list_id,
        "price": wire(trade.price),
        "qty": wire(trade.quantity),
        "quoteQty": wire(trade.price * trade.quantity),
        "commission": wire(trade.commission),
        "commissionAsset": trade.commission_asset,
        "time": trade.at,
        "isBuyer": trade.buyer,
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def account(account: Account, *, omit_zero: bool = False) -> dict[str, Any]:
    """Account with balances."""
    balances = [
        {"asset": asset, "free": wire(b.free), "locked": wire(b.locked)}
        for asset, b in sorted(account.balances.items())
        if not omit_zero or b.free or b.locked
    ]
    return {
        "makerCommission": int(account.maker_fee * _BASIS_POINTS),
        "takerCommission": int(account.taker_fee * _BASIS_POINTS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates(account),
        "canTrade": account.can_trade,
        "canWithdraw": account.can_withdraw,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.updated_at,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": account.uid,
    }


def rates(account: Account) -> dict[str, str]:
    """Commission rates of an account."""
    zero = wire(Decimal(0))
    return {"maker": wire(account.maker_fee), "taker": wire(account.taker_fee),
            "buyer": zero, "seller": zero}  # fmt: skip


def _figures(order: Order) -> dict[str, Any]:
    return {
        "price": wire(order.wish.price),
        "origQty": wire(order.quantity),
        "executedQty": wire(order.executed),
        "origQuoteOrderQty": wire(order.wish.quote_quantity),
        "cummulativeQuoteQty": wire(order.spent),
        "status": order.status.value,
        "timeInForce": order.wish.time_in_force,
        "type": order.wish.kind.value,
        "side": order.wish.side.value,
    }


def _conditional(order: Order) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if order.wish.kind.conditional:
        answer["stopPrice"] = wire(order.wish.stop_price)
    if order.expiry_reason:
        answer["expiryReason"] = order.expiry_reason
    return answer | _strategy(order)


def _strategy(order: Order) -> dict[str, Any]:
    fields = {"strategyId": order.wish.strategy_id, "strategyType": order.wish.strategy_type}
    return {name: value for name, value in fields.items() if value is not None}
