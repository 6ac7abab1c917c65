"""Accounts, market data and limits of the futures exchange, and the shapes of its answers."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "exchange"
SAMPLES = SHARED / "um_rest_samples_sdk.json.gz"
# what only other margin modes, conditional leftovers or coin-margined contracts have
FOREIGN = {"cumBase", "pair", "activatePrice", "priceRate", "callbackRate", "notionalCoef",
           "baseQty", "tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice", "tpOrderType",
           "modifyId"}  # fmt: skip


@pytest.fixture(scope="module")
def samples():
    if not SAMPLES.exists():
        pytest.skip("samples of the real exchange are not here")
    found = json.loads(gzip.decompress(SAMPLES.read_bytes()))["responses"]
    return {name.split("::")[1]: body for name, body in found.items() if "rest_api" in name}


def shape(value):
    """Names of a JSON value and the kinds of what they hold."""
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in FOREIGN}
    return "number" if type(value) in {int, float} else type(value).__name__


def assert_covers(real, ours, path=""):
    """Whatever the real answer names, ours names with the same kind of value."""
    if isinstance(real, list):
        if real:
            assert ours, path
            assert_covers(real[0], ours[0], f"{path}[]")
    elif isinstance(real, dict):
        assert real.keys() <= ours.keys(), (path, real.keys() - ours.keys())
        for name in real:
            assert_covers(real[name], ours[name], f"{path}.{name}")
    else:
        assert real == ours or "NoneType" in {real, ours}, (path, real, ours)


ANSWERS = {
    "account_information_v2": ("GET", "/fapi/v2/account", {}),
    "account_information_v3": ("GET", "/fapi/v3/account", {}),
    "futures_account_balance_v2": ("GET", "/fapi/v2/balance", {}),
    "futures_account_balance_v3": ("GET", "/fapi/v3/balance", {}),
    "futures_account_configuration": ("GET", "accountConfig", {}),
    "symbol_configuration": ("GET", "symbolConfig", {}),
    "get_bnb_burn_status": ("GET", "feeBurn", {}),
    "get_income_history": ("GET", "income", {}),
    "user_commission_rate": ("GET", "commissionRate", {"symbol": "BTCUSDT"}),
    "notional_and_leverage_brackets": ("GET", "leverageBracket", {}),
    "account_trade_list": ("GET", "userTrades", {"symbol": "BTCUSDT"}),
    "all_orders": ("GET", "allOrders", {"symbol": "BTCUSDT"}),
    "current_all_open_orders": ("GET", "openOrders", {}),
    "current_all_algo_open_orders": ("GET", "openAlgoOrders", {}),
    "position_information_v2": ("GET", "/fapi/v2/positionRisk", {}),
    "position_information_v3": ("GET", "/fapi/v3/positionRisk", {}),
    "new_order": ("POST", "order", {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET",
                                    "quantity": "0.01"}),
    "change_initial_leverage": ("POST", "leverage", {"symbol": "BTCUSDT", "leverage": 21}),
    "auto_cancel_all_open_orders": ("POST", "countdownCancelAll", {"symbol": "BTCUSDT",
                                                                   "countdownTime": 100000}),
    "new_algo_order": ("POST", "algoOrder", {
        "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "TAKE_PROFIT",
        "quantity": "0.01", "price": "52000", "triggerPrice": "52000"}),
    "kline_candlestick_data": ("GET", "klines", {"symbol": "BTCUSDT", "interval": "1m"}),
    "mark_price": ("GET", "premiumIndex", {"symbol": "BTCUSDT"}),
    "symbol_price_ticker_v2": ("GET", "/fapi/v2/ticker/price", {"symbol": "BTCUSDT"}),
    "ticker24hr_price_change_statistics": ("GET", "ticker/24hr", {"symbol": "BTCUSDT"}),
    "order_book": ("GET", "depth", {"symbol": "BTCUSDT"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers_have_the_names_and_kinds_of_the_real_ones(desk, samples, name):
    await desk.order("BUY", "0.1")
    await desk.order("BUY", "0.1", "49000")
    await desk.algo("SELL", triggerPrice="49000", quantity="0.1")
    method, path, params = ANSWERS[name]
    ours = (await desk.call(method, path, **params)).json
    assert_covers(shape(samples[name]), shape(ours))


async def test_the_rules_are_those_of_a_perpetual(desk):
    info = (await desk.lab.public("/fapi/v1/exchangeInfo")).json
    btc = next(entry for entry in info["symbols"] if entry["symbol"] == "BTCUSDT")
    assert (btc["contractType"], btc["marginAsset"], btc["status"]) == (
        "PERPETUAL", "USDT", "TRADING")  # fmt: skip
    kinds = {f["filterType"] for f in btc["filters"]}
    assert kinds >= {"PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MIN_NOTIONAL",
                     "PERCENT_PRICE", "MAX_NUM_ORDERS"}  # fmt: skip
    assert {"triggerProtect", "marketTakeBound", "liquidationFee"} <= btc.keys()
    limits = {(r["rateLimitType"], r["interval"]): r["limit"] for r in info["rateLimits"]}
    assert limits == {("REQUEST_WEIGHT", "MINUTE"): 2400, ("ORDERS", "MINUTE"): 1200,
                      ("ORDERS", "SECOND"): 300}  # fmt: skip


async def test_filters_can_be_changed_for_futures_alone(desk):
    await desk.lab.control("symbol", symbol="BTCUSDT", market="futures", step="0.01")
    assert (await desk.order("BUY", "0.105")).json["code"] == -1111
    spot = (await desk.lab.public("/api/v3/exchangeInfo", symbol="BTCUSDT")).json["symbols"][0]
    lot = next(f for f in spot["filters"] if f["filterType"] == "LOT_SIZE")
    assert lot["stepSize"] == "0.00001000"


async def test_weights_are_counted_apart_from_those_of_spot(desk):
    await desk.lab.public("/api/v3/exchangeInfo")
    answer = await desk.lab.public("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit=1500)
    used = int(answer.headers["X-MBX-USED-WEIGHT-1M"])
    again = await desk.call("GET", "openOrders")
    assert int(again.headers["X-MBX-USED-WEIGHT-1M"]) == used + 40
    placed = await desk.order("BUY", "0.1")
    assert placed.headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert placed.headers["X-MBX-ORDER-COUNT-1M"] == "1"
    assert int(placed.headers["X-MBX-USED-WEIGHT-1M"]) == used + 40


async def test_too_much_weight_is_refused_with_a_time_to_wait(desk):
    fit = 2400 // 40
    # Once more as many: a minute may end while they are under way.
    answers = [await desk.call("GET", "openOrders")]
    while answers[-1].status == 200 and len(answers) <= 2 * fit:
        answers.append(await desk.call("GET", "openOrders"))
    answer = answers[-1]
    assert len(answers) > fit
    assert (answer.status, answer.json["code"]) == (429, -1003)
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await desk.lab.public("/api/v3/ping")).status == 200


async def test_open_orders_and_orders_in_ten_seconds_are_counted(desk):
    one = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
           "quantity": "0.003", "price": "48000"}  # fmt: skip
    batch = json.dumps([one] * 5)
    for _ in range(40):
        await desk.call("POST", "batchOrders", batchOrders=batch)
    assert len(await desk.get("openOrders", symbol="BTCUSDT")) == 200
    for _ in range(20):
        answers = (await desk.call("POST", "batchOrders", batchOrders=batch)).json
        assert [answer["code"] for answer in answers] == [-2025] * 5
    refused = await desk.order("BUY", "0.1")
    assert (refused.status, refused.json["code"]) == (429, -1015)
    assert refused.headers["X-MBX-ORDER-COUNT-10S"] == "300"


async def test_commission_is_paid_in_bnb_while_there_is_any(desk):
    await desk.lab.control("accounts", key=desk.key, futures={"BNB": "0.01"})
    assert (await desk.call("POST", "feeBurn", feeBurn="true")).json["code"] == 200
    assert await desk.get("feeBurn") == {"feeBurn": True}
    await desk.order("BUY", "0.1")
    (trade,) = await desk.get("userTrades", symbol="BTCUSDT")
    assert (trade["commission"], trade["commissionAsset"]) == ("0.00450000", "BNB")
    assert await desk.wallet("BNB") == Decimal("0.0055")
    await desk.order("BUY", "0.2")
    assert (await desk.get("userTrades", symbol="BTCUSDT"))[-1]["commissionAsset"] == "USDT"


async def test_the_multi_assets_mode_is_told(desk):
    answer = await desk.call("POST", "multiAssetsMargin", multiAssetsMargin="true")
    assert answer.json == {"code": 200, "msg": "success"}
    isolated = await desk.call("POST", "marginType", symbol="BTCUSDT", marginType="ISOLATED")
    assert isolated.json["code"] == -4168


async def test_what_was_done_is_seen_in_the_state(desk):
    await desk.order("BUY", "0.1", newClientOrderId="seen")
    await desk.algo("SELL", triggerPrice="49000", quantity="0.1")
    futures = (await desk.lab.state())["futures"]
    mine = next(a for a in futures["accounts"] if a["apiKey"] == desk.key)
    assert mine["wallet"] == {"USDT": "9997.5"}
    assert mine["positions"][0]["positionAmt"] == "0.1"
    assert futures["orders"][0]["clientOrderId"] == "seen"
    assert len(futures["algoOrders"]) == len(futures["trades"]) == 1
    assert {i["incomeType"] for i in futures["income"]} == {"TRANSFER", "COMMISSION"}
    assert any(r["path"] == "/fapi/v1/order" for r in (await desk.lab.state())["requests"])
