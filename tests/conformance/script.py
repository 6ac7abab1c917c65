"""The one session that every client plays, as a table of acts."""

from typing import NamedTuple


class Act(NamedTuple):
    """What is done: a method of the driver, or ``price`` and ``fault`` of the exchange itself."""

    name: str
    arguments: dict


def _limit(side, price, name, quantity="0.1"):
    return Act("place", {"side": side, "kind": "LIMIT", "quantity": quantity, "price": price,
                         "name": name})  # fmt: skip


def _market(side, quantity, name):
    return Act("place", {"side": side, "kind": "MARKET", "quantity": quantity, "name": name})


def _stop(side, stop_price, name, quantity="0.1"):
    return Act("place", {"side": side, "kind": "STOP_LOSS", "quantity": quantity,
                         "stop_price": stop_price, "name": name})  # fmt: skip


def _oco(name, target, stop):
    return Act("place_list", {"name": name, "quantity": "0.2", "target": target, "stop": stop})


def _refusal(path, status, code):
    """The next question about an order is refused for a reason that is not the order's."""
    return Act("fault", {"what": "code", "method": "GET", "path": path, "status": status,
                         "code": code, "msg": "Later.", "retry_after": 1})  # fmt: skip


SPOT = (
    Act("balances", {}),
    _market("BUY", "0.1", "bought"),
    _limit("SELL", "51000", "resting"),
    Act("query", {"name": "resting"}),
    Act("open_orders", {}),
    Act("balances", {}),
    Act("price", {"price": "51000"}),
    Act("query", {"name": "resting"}),
    Act("cancel", {"name": "resting"}),
    Act("query", {"name": "nobody"}),
    _limit("BUY", "40000", "undone"),
    Act("cancel", {"name": "undone"}),
    Act("cancel", {"name": "undone"}),
    _limit("BUY", "40000", "twice"),
    _limit("BUY", "40000", "twice"),
    Act("cancel", {"name": "twice"}),
    _limit("BUY", "40000", "too-small", quantity="0.0001"),
    _limit("SELL", "52000", "too-much", quantity="100"),
    _stop("SELL", "60000", "too-late"),
    _oco("hit", "53000", "49000"),
    Act("open_orders", {}),
    Act("price", {"price": "48000"}),
    Act("query", {"name": "hit-stop"}),
    Act("query", {"name": "hit-target"}),
    _oco("dropped", "53000", "45000"),
    Act("cancel_list", {"name": "dropped"}),
    Act("query", {"name": "dropped-target"}),
    _stop("SELL", "47000", "stop"),
    Act("price", {"price": "46500"}),
    Act("query", {"name": "stop"}),
    _refusal("/api/v3/order", 429, -1003),
    Act("query", {"name": "stop"}),
    _refusal("/api/v3/order", 401, -2015),
    Act("query", {"name": "stop"}),
    _refusal("/api/v3/order", 418, -1003),
    Act("query", {"name": "stop"}),
    Act("fills", {}),
    Act("balances", {}),
    Act("candle", {"price": "46600"}),
    _limit("BUY", "40000", "end"),
    Act("cancel", {"name": "end"}),
    Act("reports", {"last": "end"}),
)


def _protect(kind, trigger, name):
    return Act("place_algo", {"kind": kind, "trigger": trigger, "quantity": "0.1",
                              "name": name})  # fmt: skip


FUTURES = (
    Act("balances", {}),
    Act("settings", {"leverage": 10, "margin": "ISOLATED"}),
    _market("BUY", "0.1", "bought"),
    Act("query", {"name": "bought"}),
    Act("position", {}),
    _protect("STOP_MARKET", "49000", "stop"),
    _protect("TAKE_PROFIT_MARKET", "53000", "target"),
    _protect("STOP_MARKET", "60000", "too-late"),
    Act("open_algos", {}),
    Act("query_algo", {"name": "stop"}),
    Act("query_algo", {"name": "nobody"}),
    _limit("SELL", "54000", "resting"),
    Act("query", {"name": "resting"}),
    Act("open_orders", {}),
    Act("cancel", {"name": "resting"}),
    Act("cancel", {"name": "resting"}),
    Act("query", {"name": "nobody"}),
    _limit("BUY", "40000", "twice"),
    _limit("BUY", "40000", "twice"),
    Act("cancel", {"name": "twice"}),
    _limit("BUY", "40000", "too-small", quantity="0.001"),
    _limit("BUY", "40000", "too-much", quantity="90"),
    Act("cancel_algo", {"name": "target"}),
    Act("cancel_algo", {"name": "target"}),
    Act("price", {"price": "48000"}),
    Act("query_algo", {"name": "stop"}),
    Act("position", {}),
    _refusal("/fapi/v1/order", 429, -1003),
    Act("query", {"name": "bought"}),
    _refusal("/fapi/v1/order", 401, -2015),
    Act("query", {"name": "bought"}),
    _refusal("/fapi/v1/order", 418, -1003),
    Act("query", {"name": "bought"}),
    Act("fills", {}),
    Act("balances", {}),
    Act("candle", {"price": "48100"}),
    _limit("BUY", "40000", "end"),
    Act("cancel", {"name": "end"}),
    Act("reports", {"last": "end"}),
)
SCRIPTS = {"spot": SPOT, "futures": FUTURES}
