"""Faults on demand: requests that fail before or after they were carried out, broken streams."""

import asyncio
import sys

import aiohttp
import pytest

BUY = {"side": "BUY", "type": "MARKET", "quantity": "0.1", "newClientOrderId": "one"}
POST_ORDER = {"method": "POST", "path": "/api/v3/order"}


async def sleeper():
    command = (sys.executable, "-c", "input()")
    return await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)


async def orders(lab):
    return [order["clientOrderId"] for order in (await lab.state())["orders"]]


async def test_a_request_dropped_before_never_happened(lab):
    await lab.control("faults", match=POST_ORDER, what="drop_before")
    with pytest.raises(aiohttp.ClientError):
        await lab.order(**BUY)
    assert await orders(lab) == []
    assert (await lab.order(**BUY)).status == 200


async def test_a_request_dropped_after_has_happened(lab):
    await lab.control("faults", match=POST_ORDER, what="drop_after")
    with pytest.raises(aiohttp.ClientError):
        await lab.order(**BUY)
    assert await orders(lab) == ["one"]
    entry = (await lab.state())["requests"][-1]
    assert (entry["path"], entry["fault"]) == ("/api/v3/order", "drop_after")
    assert entry["params"]["newClientOrderId"] == "one"
    assert "signature" not in entry["params"]


async def test_half_an_answer_is_not_json(lab):
    await lab.control("faults", match=POST_ORDER, what="half_answer")
    with pytest.raises(aiohttp.ClientError):
        await lab.order(**BUY)
    assert await orders(lab) == ["one"]


@pytest.mark.parametrize(("after", "placed"), [(False, []), (True, ["one"])])
async def test_a_server_error_tells_nothing_about_the_order(lab, after, placed):
    await lab.control("faults", match=POST_ORDER, what="status", status=502, after=after)
    answer = await lab.order(**BUY)
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")
    assert await orders(lab) == placed


async def test_an_error_code_comes_as_often_as_asked(lab):
    await lab.control("faults", match={"path": "/api/v3/*"}, what="code", code=-1003,
                      status=429, retry_after=7, times=2)  # fmt: skip
    answers = [await lab.public("/api/v3/time") for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json["code"] == -1003


async def test_faults_without_number_last_until_they_are_removed(lab):
    await lab.control("faults", match={"path": "/api/v3/ping"}, what="status", status=503,
                      times=None)  # fmt: skip
    assert [(await lab.public("/api/v3/ping")).status for _ in range(3)] == [503] * 3
    await lab.control("faults", method="DELETE")
    assert (await lab.public("/api/v3/ping")).status == 200


async def test_a_fault_that_means_nothing_is_refused(lab):
    assert "error" in await lab.control("faults", what="magic")
    assert "error" in await lab.control("faults", what="kill_pid", pid=1, at="request_read")
    assert "error" in await lab.control("faults", what="delay", colour="red")


@pytest.mark.parametrize(("what", "heard"), [
    ("duplicate", ["51000", "51000", "52000", "53000"]),
    ("reorder", ["52000", "51000", "53000"]),
    ("stall", ["52000", "53000"]),
])  # fmt: skip
async def test_stream_messages_go_astray(lab, what, heard):
    async with lab.socket("/ws/btcusdt@bookTicker") as wire:
        await lab.control("faults", match={"stream": "btcusdt@bookTicker"}, what=what)
        for price in (51_000, 52_000, 53_000):
            await lab.price(price)
        bids = [(await wire.hear())["b"].partition(".")[0] for _ in heard]
    assert bids == heard


async def test_a_user_stream_is_cut_without_a_goodbye(lab):
    async with lab.user_stream() as wire:
        await lab.control("faults", match={"stream": "user@executionReport"}, what="disconnect")
        await lab.order(**BUY)
        message = await wire.ws.receive(timeout=5)
    assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR,
                            aiohttp.WSMsgType.CLOSE}  # fmt: skip


@pytest.mark.parametrize(
    ("at", "placed"),
    [("request_read", False), ("accepted_not_answered", True), ("half_answer", True)],
)
async def test_a_process_dies_at_the_moment_named(lab, at, placed):
    victim = await sleeper()
    await lab.control("faults", match=POST_ORDER, what="kill_pid", at=at, pid=victim.pid)
    try:
        await lab.order(**BUY)
    except aiohttp.ClientError:
        assert at == "half_answer"
    assert await asyncio.wait_for(victim.wait(), 5) == -9
    assert (await orders(lab) == ["one"]) or not placed


async def test_a_process_dies_when_an_event_has_been_sent(lab):
    victim = await sleeper()
    match = {"stream": "user@executionReport"}
    await lab.control("faults", match=match, what="kill_pid", at="event_sent", pid=victim.pid)
    async with lab.user_stream() as wire:
        await lab.order(**BUY)
        assert (await wire.event())["x"] == "NEW"
    assert await asyncio.wait_for(victim.wait(), 5) == -9
