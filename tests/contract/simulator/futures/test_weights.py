"""Request weights against the exchange's own list, and what a slow read store does."""

import json
import re
from pathlib import Path

import pytest

from engine.exchange.simulator.futures.routes import ROUTES

LISTED = Path(__file__).resolve().parents[5] / "shared/data/exchange/um_endpoints_sdk.json"


@pytest.fixture(scope="module")
def listed():
    if not LISTED.exists():
        pytest.skip("the list of endpoints is not here")
    found = json.loads(LISTED.read_text())["endpoints"]
    return {(e["method"], e["path"]): e["weight_text"] for e in found}


def test_fixed_weights_are_the_listed_ones(listed):
    said = {route: re.fullmatch(r"\(IP\): (\d+)", text or "") for route, text in listed.items()}
    known = {route: int(match.group(1)) for route, match in said.items() if match}
    ours = {route: endpoint.weight for route, endpoint in ROUTES.items() if route in known}
    assert len(ours) > 30
    assert ours == {route: known[route] for route in ours}


async def test_a_slow_read_store_hides_fresh_orders_here_too(desk):
    rule = {"what": "stale", "ms": 60_000, "times": None}
    await desk.lab.control("faults", path="/fapi/*", **rule)
    placed = (await desk.order("BUY", "0.1", "49000")).json
    stop = (await desk.algo("SELL", triggerPrice="49000", quantity="0.1")).json
    assert (await desk.seen(placed["orderId"]))["code"] == -2013
    assert (await desk.seen_algo(stop["algoId"]))["code"] == -2013
    assert await desk.get("openAlgoOrders") == []
    gone = await desk.call("DELETE", "algoOrder", algoId=stop["algoId"])
    assert gone.json["code"] == -2011
    await desk.lab.control("faults", method="DELETE")
    assert (await desk.seen_algo(stop["algoId"]))["algoStatus"] == "NEW"


async def test_a_cancel_may_race_a_fill(desk):
    placed = (await desk.order("BUY", "0.1", "49000")).json
    await desk.lab.control("faults", what="fill_on_cancel", where={"market": "futures"})
    answer = await desk.call("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert answer.json["code"] == -2011
    assert (await desk.seen(placed["orderId"]))["status"] == "FILLED"
