"""All REST endpoints of the futures exchange."""

from engine.exchange.simulator.call import Endpoint
from engine.exchange.simulator.futures import (
    rest_account,
    rest_algo,
    rest_market,
    rest_orders,
    rest_settings,
    rest_transfer,
)

ROUTES: dict[tuple[str, str], Endpoint] = (
    rest_market.ROUTES | rest_account.ROUTES | rest_settings.ROUTES | rest_orders.ROUTES
    | rest_algo.ROUTES | rest_transfer.ROUTES
)  # fmt: skip
