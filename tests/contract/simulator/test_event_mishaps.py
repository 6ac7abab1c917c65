"""User events that are late, lost, doubled or out of order, and streams that end."""

import asyncio
import time

import aiohttp
import pytest

BUY = {"side": "BUY", "type": "MARKET", "quantity": "0.1", "newClientOrderId": "one"}
REPORT = "user@executionReport"
GONE = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE,
        aiohttp.WSMsgType.CLOSING}  # fmt: skip


async def heard(wire, count):
    return [(event := await wire.event()).get("x") or event["e"] for _ in range(count)]


@pytest.mark.parametrize(("rule", "story"), [
    ({"what": "stall", "where": {"x": "NEW"}}, ["TRADE", "outboundAccountPosition"]),
    ({"what": "stall", "where": {"X": "FILLED"}}, ["NEW", "outboundAccountPosition"]),
    ({"what": "reorder"}, ["TRADE", "NEW", "outboundAccountPosition"]),
    ({"what": "duplicate", "times": 2},
     ["NEW", "NEW", "TRADE", "TRADE", "outboundAccountPosition"]),
    ({"what": "duplicate", "ms": 30}, ["NEW", "TRADE", "outboundAccountPosition", "NEW"]),
    ({"what": "delay", "ms": 30, "where": {"x": "NEW"}},
     ["TRADE", "outboundAccountPosition", "NEW"]),
    ({"what": "delay", "ms": 30, "times": None},
     ["outboundAccountPosition", "NEW", "TRADE"]),
])  # fmt: skip
async def test_reports_go_astray_while_the_connection_stays(lab, rule, story):
    async with lab.user_stream() as wire:
        await lab.control("faults", match={"stream": REPORT}, **rule)
        await lab.order(**BUY)
        assert await heard(wire, len(story)) == story
        assert (await wire.call("ping"))["status"] == 200


async def test_a_report_that_is_held_back_comes_though_no_other_follows(lab):
    async with lab.user_stream() as wire:
        await lab.control("faults", match={"stream": REPORT}, what="reorder", ms=30)
        await lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1",
                        price="40000")  # fmt: skip
        assert await heard(wire, 2) == ["outboundAccountPosition", "NEW"]


async def test_a_late_stream_keeps_its_order(lab):
    async with lab.user_stream() as wire:
        await lab.control("faults", match={"stream": "user@"}, what="delay", ms=40, times=None)
        begun = time.monotonic()
        await lab.order(**BUY)
        assert await heard(wire, 3) == ["NEW", "TRADE", "outboundAccountPosition"]
        assert time.monotonic() - begun >= 0.04


async def test_a_silent_stream_still_answers_pings(lab):
    async with lab.user_stream() as wire:
        await lab.control("faults", match={"stream": "user@"}, what="stall", times=None)
        await lab.order(**BUY)
        await wire.ws.ping()
        assert (await wire.call("session.subscriptions"))["result"] == [{"subscriptionId": 0}]
        await lab.control("faults", method="DELETE")
        await lab.order(**BUY)
        assert await heard(wire, 3) == ["NEW", "TRADE", "outboundAccountPosition"]


async def test_an_event_holds_words_and_fields_that_nobody_knows(lab):
    changes = {"X": "PENDING_REVIEW", "L": None, "fresh": {"a": 1}, "t": 2**60}
    async with lab.user_stream() as wire:
        await lab.control("faults", what="edit", changes=changes,
                          match={"stream": REPORT, "symbol": "BTCUSDT"})  # fmt: skip
        await lab.order(**BUY)
        event = await wire.event()
    assert {name: event[name] for name in changes} == changes


async def test_a_rule_for_one_account_leaves_the_events_of_others_alone(lab):
    await lab.control("accounts", key="two", secret="word", balances={"USDT": "10000"})
    async with lab.user_stream() as mine:
        await lab.control("faults", what="stall", times=None,
                          match={"stream": "user@", "key": lab.key})  # fmt: skip
        lab.key, lab.secret = "two", "word"
        async with lab.user_stream() as other:
            await lab.order(**BUY)
            assert await heard(other, 3) == ["NEW", "TRADE", "outboundAccountPosition"]
        with pytest.raises(TimeoutError):
            await mine.hear(0.05)


async def test_market_streams_are_met_by_their_symbol(lab):
    async with lab.socket("/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker") as wire:
        await lab.control("faults", what="stall", times=None,
                          match={"stream": "bookTicker", "symbol": "BTCUSDT"})  # fmt: skip
        await lab.price(51_000)
        await lab.price(3_000, "ETHUSDT")
        assert (await wire.hear())["data"]["s"] == "ETHUSDT"


async def test_a_connection_is_closed_after_a_day_with_a_goodbye(lab):
    async with lab.user_stream() as wire:
        await lab.control("disconnect", path="/ws-api", notice=True)
        await lab.control("disconnect", path="/ws-api", code=1008)
        assert (await wire.event())["e"] == "serverShutdown"
        end = await wire.ws.receive(timeout=5)
    assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_a_subscription_that_is_terminated_can_be_taken_anew(lab):
    async with lab.user_stream() as wire:
        await lab.control("disconnect", key=lab.key, event="eventStreamTerminated")
        assert await wire.event() == {"e": "eventStreamTerminated", "E": lab.now}
        assert (await wire.call("session.subscriptions"))["result"] == []
        again = await wire.call("userDataStream.subscribe.signature", **lab.api_params())
        assert again["result"] == {"subscriptionId": 1}
        await lab.order(**BUY)
        assert await heard(wire, 1) == ["NEW"]


async def test_a_key_that_is_revoked_ends_its_stream_and_keeps_its_books(lab):
    await lab.order(**BUY)
    async with lab.user_stream() as wire:
        await lab.control("accounts", key=lab.key, revoked=True)
        assert (await wire.event())["e"] == "eventStreamTerminated"
        refused = await wire.call("order.place", **lab.api_params(symbol="BTCUSDT", **BUY))
        assert (refused["status"], refused["error"]["code"]) == (401, -2015)
    state = await lab.state()
    assert (len(state["orders"]), len(state["accounts"])) == (1, 1)
    await lab.control("accounts", key=lab.key)
    assert (await lab.order(**BUY)).status == 200


async def test_an_address_that_has_changed_is_refused_until_it_is_allowed_again(lab):
    await lab.control("accounts", key=lab.key, refused=True)
    answers = [await lab.order(**BUY), await lab.signed("GET", "/api/v3/account")]
    assert {(a.status, a.json["code"]) for a in answers} == {(401, -2015)}
    await lab.control("accounts", key=lab.key, refused=False)
    assert (await lab.order(**BUY)).status == 200


async def test_a_right_that_is_taken_stays_taken_when_money_comes(lab):
    right = {"enableSpotAndMarginTrading": False}
    await lab.control("accounts", key=lab.key, permissions=right)
    await lab.control("accounts", key=lab.key, balances={"USDT": "1"})
    assert (await lab.order(**BUY)).json["code"] == -2015


async def test_a_connection_is_not_opened_or_opened_late(lab):
    await lab.control("faults", match={"method": "CONNECT", "path": "/ws-api*"}, what="status",
                      status=503)  # fmt: skip
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with lab.user_stream():
            pass
    await lab.control("faults", match={"method": "CONNECT"}, what="drop_before", times=2)
    with pytest.raises(aiohttp.ClientError):
        async with lab.user_stream():
            pass
    await lab.control("faults", match={"method": "CONNECT"}, what="delay", ms=30)
    async with asyncio.timeout(5), lab.user_stream() as wire:
        await lab.control("disconnect", path="/ws-api")
        assert (await wire.ws.receive(timeout=5)).type in GONE
