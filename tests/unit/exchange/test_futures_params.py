"""Parameters of new futures orders."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.market import Market, Side
from engine.core.order import Leg, Order, OrderKind
from engine.exchange.binance.futures_params import algo_params, order_params

ENTRY = Order(
    1, "sk1-1-1-e0", 1, 1, "futures:1", Market.FUTURES, "BTCUSDT", Side.BUY, OrderKind.MARKET,
    Leg.ENTRY, Decimal("0.020"), 5,
)  # fmt: skip
STOP = replace(
    ENTRY, client_id="sk1-1-1-s0", side=Side.SELL, kind=OrderKind.STOP, leg=Leg.STOP,
    stop_price=Decimal("49000.50"),
)  # fmt: skip


def test_an_entry_may_open_and_an_exit_may_only_reduce():
    assert order_params(ENTRY) == {
        "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.02",
        "newClientOrderId": "sk1-1-1-e0", "newOrderRespType": "RESULT",
    }  # fmt: skip
    close = replace(ENTRY, leg=Leg.CLOSE, side=Side.SELL)
    assert order_params(close)["reduceOnly"] == "true"


def test_a_limit_carries_its_price():
    limit = replace(ENTRY, kind=OrderKind.LIMIT, price=Decimal("1E+4"))
    assert order_params(limit)["price"] == "10000"
    assert order_params(limit)["timeInForce"] == "GTC"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (OrderKind.STOP, "STOP_MARKET"),
        (OrderKind.TAKE_PROFIT, "TAKE_PROFIT_MARKET"),
        (OrderKind.STOP_LIMIT, "STOP"),
    ],
)
def test_a_conditional_order_reduces_and_names_its_trigger(kind, name):
    params = algo_params(replace(STOP, kind=kind, price=Decimal(48_990)))
    assert (params["type"], params["triggerPrice"]) == (name, "49000.5")
    assert (params["quantity"], params["reduceOnly"]) == ("0.02", "true")
    assert ("price" in params) is (kind is OrderKind.STOP_LIMIT)
    assert params["clientAlgoId"] == STOP.client_id


def test_one_that_closes_everything_takes_neither_quantity_nor_reduce_only():
    params = algo_params(replace(STOP, close_position=True))
    assert params["closePosition"] == "true"
    assert not {"quantity", "reduceOnly"} & params.keys()


def test_the_side_of_a_hedge_is_never_named():
    for params in (order_params(ENTRY), algo_params(STOP)):
        assert "positionSide" not in params
