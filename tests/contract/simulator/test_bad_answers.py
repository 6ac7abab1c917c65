"""Answers that are late, altered, cut short, or refuse for a reason of the exchange's own."""

import json
import time

import aiohttp
import pytest

from engine.exchange.simulator import limits

BUY = {"side": "BUY", "type": "MARKET", "quantity": "0.1", "newClientOrderId": "one"}
POST_ORDER = {"method": "POST", "path": "/api/v3/order"}
TIME = "/api/v3/time"
UNKNOWN = "Unknown error, please check your request or try again later."
INTERNAL = "Internal error; unable to process your request. Please try again."


async def placed(lab):
    return [order["clientOrderId"] for order in (await lab.state())["orders"]]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("body", "code"), [
    ({"code": -1008, "msg": "Server is currently overloaded with other requests."}, -1008),
    ({"code": -1007, "msg": "Timeout waiting for response from backend server."}, -1007),
    ({"code": -1000, "msg": UNKNOWN}, -1000),
    ({"msg": UNKNOWN}, None), ({"msg": "Service Unavailable."}, None), ({"msg": INTERNAL}, None),
])  # fmt: skip
async def test_each_text_of_a_503_comes_with_the_order_carried_out_or_not(lab, body, code, after):
    what = "code" if "code" in body else "status"
    await lab.control("faults", match=POST_ORDER, what=what, status=503, after=after, **body)
    answer = await lab.order(**BUY)
    assert (answer.status, answer.json["msg"]) == (503, body["msg"])
    assert answer.json.get("code") == code
    assert await placed(lab) == (["one"] if after else [])


async def test_the_firewall_answers_in_html(lab):
    page = "<html><head><title>403 Forbidden</title></head></html>"
    await lab.control("faults", match=POST_ORDER, what="status", status=403, body=page)
    answer = await lab.order(**BUY)
    assert (answer.status, answer.json) == (403, page)
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_truncated_answer_arrives_whole_and_cannot_be_read(lab):
    await lab.control("faults", match=POST_ORDER, what="truncate")
    with pytest.raises(json.JSONDecodeError):
        await lab.order(**BUY)
    assert await placed(lab) == ["one"]


async def test_any_text_may_stand_for_a_success(lab):
    await lab.control("faults", match=POST_ORDER, what="status", status=200, after=True,
                      body='{"orderId": 1')  # fmt: skip
    with pytest.raises(json.JSONDecodeError):
        await lab.order(**BUY)
    assert await placed(lab) == ["one"]


async def test_values_of_an_answer_are_altered_where_they_stand(lab):
    await lab.control("faults", match=POST_ORDER, what="edit", changes={
        "status": "PENDING_REVIEW", "price": None, "orderId": 2**53 + 1, "fresh": ["é", "币"],
        "fills.*.price": None, "fills.0.qty": "x", "no.such": 1, "fills.7.qty": "y",
    })  # fmt: skip
    answer = (await lab.order(**BUY)).json
    assert (answer["status"], answer["price"], answer["orderId"]) == (
        "PENDING_REVIEW", None, 2**53 + 1)  # fmt: skip
    assert answer["fresh"] == ["é", "币"]
    assert (answer["fills"][0]["price"], answer["fills"][0]["qty"]) == (None, "x")
    assert "no" not in answer


async def test_a_request_is_late_before_or_after_it_is_carried_out(lab):
    for after in (False, True):
        await lab.control("faults", match=POST_ORDER, what="delay", ms=60, after=after)
        begun = time.monotonic()
        await lab.order(**BUY)
        assert time.monotonic() - begun >= 0.06


async def test_a_client_that_gives_up_has_ordered_all_the_same(lab):
    await lab.control("faults", match=POST_ORDER, what="delay", ms=5_000, after=True)
    lab.session._timeout = aiohttp.ClientTimeout(total=0.2)
    with pytest.raises(TimeoutError):
        await lab.order(**BUY)
    lab.session._timeout = aiohttp.ClientTimeout(total=5)
    assert await placed(lab) == ["one"]


async def test_latency_is_drawn_from_a_range_and_adds_to_another_fault(lab):
    await lab.control("faults", match={"path": "/api/v3/t*"}, what="delay", ms=20, ms_max=40,
                      times=None)  # fmt: skip
    await lab.control("faults", match={"path": TIME}, what="status", status=500)
    begun = time.monotonic()
    assert (await lab.public(TIME)).status == 500
    assert time.monotonic() - begun >= 0.02
    assert (await lab.public(TIME)).status == 200


async def test_a_rule_with_a_chance_strikes_sometimes_and_one_seed_says_when(open_lab):
    stories = []
    for _ in range(2):
        async with open_lab(seed=9) as lab:
            await lab.control("faults", what="status", status=500, path=TIME, times=None,
                              chance=0.5)  # fmt: skip
            stories.append([(await lab.public(TIME)).status for _ in range(30)])
    assert stories[0] == stories[1]
    assert set(stories[0]) == {200, 500}


@pytest.mark.parametrize("status", [418, 429])
async def test_a_banned_address_is_refused_everything_until_its_time_is_up(lab, status):
    lab_ms = {"what": "ban", "status": status, "path": TIME, "ms": 900}
    await lab.control("faults", **lab_ms)
    answers = [await lab.public(TIME), await lab.order(**BUY), await lab.public("/api/v3/ping"),
               await lab.public("/no/such")]  # fmt: skip
    assert [(a.status, a.json["code"]) for a in answers] == [(status, -1003)] * 4
    assert {a.headers["Retry-After"] for a in answers} == {"1"}
    assert ("IP banned until" in answers[0].json["msg"]) is (status == 418)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with lab.socket("/ws-api/v3"):
            pass
    assert refusal.value.status == status
    assert await placed(lab) == []
    entries = (await lab.state())["requests"]
    assert {(e["fault"], e["status"]) for e in entries} == {("ban", status)}
    assert [e["retry_after"] for e in entries if e["method"] != "CONNECT"] == [1] * 4


async def test_a_ban_ends_by_itself_and_by_hand(lab):
    await lab.control("faults", what="ban", path=TIME, ms=60)
    begun = time.monotonic()
    while (await lab.public(TIME)).status == 418:
        assert time.monotonic() - begun < 5
    assert time.monotonic() - begun >= 0.05
    await lab.control("faults", what="ban", path=TIME, ms=60_000)
    assert (await lab.public(TIME)).status == 418
    await lab.control("faults", method="DELETE")
    assert (await lab.public(TIME)).status == 200


async def test_a_ban_silences_a_socket_that_is_open(lab):
    async with lab.socket("/ws-api/v3") as wire:
        await lab.control("faults", what="ban", match={"method": "WS", "path": "ping"}, ms=60_000)
        first, then = await wire.call("ping"), await wire.call("time")
    assert [answer["status"] for answer in (first, then)] == [418, 418]
    assert then["error"]["data"]["retryAfter"] > lab.now


@pytest.mark.parametrize(("ms", "words"), [(-3_000, "ahead"), (20_000, "outside")])
async def test_a_clock_that_is_wrong_for_orders_alone_refuses_whoever_asks_the_time(
    lab, ms, words
):
    await lab.control("faults", what="skew", ms=ms, times=None, match=POST_ORDER)
    for _ in range(2):
        told = (await lab.public(TIME)).json["serverTime"]
        refused = await lab.order(**BUY, timestamp=told)
        assert refused.json["code"] == -1021
        assert words in refused.json["msg"]
    assert (await lab.signed("GET", "/api/v3/account")).status == 200


async def test_a_clock_that_is_wrong_everywhere_is_followed_by_whoever_asks_it(lab):
    await lab.control("faults", what="skew", ms=-3_000, times=None)
    assert (await lab.order(**BUY)).json["code"] == -1021
    told = (await lab.public(TIME)).json["serverTime"]
    assert told == lab.now - 3_000
    assert (await lab.order(**BUY, timestamp=told)).status == 200


async def test_rules_meet_one_key_one_symbol_or_one_kind_of_order(lab):
    await lab.control("accounts", key="two", secret="word", balances={"USDT": "100000"})
    rule = {"what": "code", "code": -1015, "status": 429, "times": None}
    await lab.control("faults", **rule, match={"key": "two"})
    await lab.control("faults", **rule, match={"symbol": "ETHUSDT"})
    await lab.control("faults", **rule, where={"type": "LIMIT"})
    assert (await lab.order(**BUY)).status == 200
    assert (await lab.order(**BUY | {"symbol": "ETHUSDT"})).status == 429
    assert (await lab.order(**BUY | {"type": "LIMIT"})).status == 429
    lab.key, lab.secret = "two", "word"
    assert (await lab.order(**BUY)).status == 429


async def test_socket_requests_are_late_lost_or_answered_with_an_error(lab):
    match = {"method": "WS", "path": "order.place"}
    order = {"symbol": "BTCUSDT", **BUY}
    async with lab.socket("/ws-api/v3") as wire:
        await lab.control("faults", match=match, what="delay", ms=40)
        begun = time.monotonic()
        answer = await wire.call("order.place", **lab.api_params(**order))
        assert (answer["status"], time.monotonic() - begun >= 0.04) == (200, True)
        await lab.control("faults", match=match, what="code", code=-1007, after=True)
        answer = await wire.call("order.place", **lab.api_params(**order))
        assert (answer["error"]["code"], len(await placed(lab))) == (-1007, 2)
        await lab.control("faults", match=match, what="edit", changes={"status": "ODD"})
        answer = await wire.call("order.place", **lab.api_params(**order))
        assert answer["result"]["status"] == "ODD"
        for what, orders in (("drop_after", 4),):
            await lab.control("faults", match=match, what=what)
            with pytest.raises(TypeError):
                await wire.call("order.place", **lab.api_params(**order))
            assert len(await placed(lab)) == orders
    async with lab.socket("/ws-api/v3") as wire:
        await lab.control("faults", match=match, what="drop_before")
        with pytest.raises(TypeError):
            await wire.call("order.place", **lab.api_params(**order))
        assert len(await placed(lab)) == 4


async def test_the_journal_tells_arrivals_of_every_kind_apart_within_a_millisecond(lab):
    async with lab.socket("/ws-api/v3") as wire:
        for _ in range(5):
            await wire.call("ping")
            await lab.public(TIME)
    entries = (await lab.state())["requests"]
    assert {entry["method"] for entry in entries} == {"CONNECT", "WS", "GET"}
    arrivals = [entry["real_ms"] for entry in entries]
    assert arrivals == sorted(arrivals)
    assert len(set(arrivals)) == len(arrivals)
    assert any(arrival % 1 for arrival in arrivals)
    assert {entry["weight"] for entry in entries if entry["method"] == "GET"} == {1}


async def test_the_journal_tells_what_each_request_cost_and_how_it_was_refused(lab):
    await lab.control("faults", match={"path": TIME}, what="code", code=-1003, status=429,
                      retry_after=3)  # fmt: skip
    await lab.public(TIME)
    await lab.signed("GET", "/api/v3/account")
    await lab.order(**BUY)
    async with lab.user_stream():
        entries = (await lab.state())["requests"]
    assert [(e["path"], e["status"], e["code"], e["retry_after"], e["weight"])
            for e in entries] == [
        (TIME, 429, -1003, 3, 0), ("/api/v3/account", 200, None, 0, 20),
        ("/api/v3/order", 200, None, 0, 0), ("/ws-api/v3", 101, None, 0, 2),
        ("userDataStream.subscribe.signature", 200, None, 0, 2),
    ]  # fmt: skip


async def test_an_address_that_goes_on_after_429_is_banned_and_the_next_time_for_longer(
    lab, monkeypatch
):
    monkeypatch.setattr(limits, "system_ms", lambda: 0)  # no minute ends meanwhile
    endings = []
    for _ in range(2):
        lab.exchange.world.limits.add_weight("127.0.0.1", 6000)
        answers = [await lab.public(TIME) for _ in range(52)]
        assert [answer.status for answer in answers] == [429] * 51 + [418]
        endings.append(int(answers[-1].headers["Retry-After"]))
        lab.exchange.world.bans.begin("127.0.0.1", 418, 0)
    assert endings == [120, 240]
