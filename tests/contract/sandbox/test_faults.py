"""Failures on demand, as the client library meets them."""

from datetime import timedelta

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from tests.contract.sandbox.wire import TOKEN, Person


async def _plan(http: httpx.AsyncClient, **fault: object) -> None:
    assert (await http.post("/sandbox/faults", json=fault)).status_code == 200


async def test_a_flood_limit_names_its_pause_and_passes(bot, ann, http, monkeypatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    await Person(http, 2).say("/start")
    await _plan(http, what=429, retry_after=7, method="sendMessage", chat=1, times=1)
    assert (await bot.send_message(2, "other chat")).message_id
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(1, "x")
    assert caught.value.retry_after == timedelta(seconds=7)
    assert (await bot.send_message(1, "x")).message_id


@pytest.mark.parametrize(
    ("what", "error"),
    [("403", Forbidden), (409, Conflict), (401, InvalidToken), (502, NetworkError)],
)
async def test_a_status_reaches_the_client_as_its_error(bot, ann, http, what, error) -> None:
    await _plan(http, what=what, text="bad")
    assert (await bot.send_message(1, "good")).message_id
    with pytest.raises(error):
        await bot.send_message(1, "a bad one")


async def test_a_call_dropped_before_leaves_no_trace(bot: Bot, ann: Person, http) -> None:
    await _plan(http, what="drop_before", method="sendMessage")
    with pytest.raises(NetworkError) as caught:
        await bot.send_message(1, "lost")
    assert isinstance(caught.value.__cause__, httpx.RemoteProtocolError | httpx.ReadError)
    assert (await ann.look(wait=0))["messages"] == []


async def test_a_call_dropped_after_took_effect(bot: Bot, ann: Person, http) -> None:
    await _plan(http, what="accept_then_drop", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(1, "sent after all")
    assert (await ann.read())["text"] == "sent after all"


async def test_a_late_answer_times_out_although_the_call_took_effect(bot, ann, http) -> None:
    await _plan(http, what="answer_late", seconds=5, method="sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(1, "sent", read_timeout=0.1)
    assert (await ann.read())["text"] == "sent"


async def test_a_delayed_call_takes_effect_later(bot: Bot, ann: Person, http) -> None:
    await _plan(http, what="delay", seconds=0.05, method="sendMessage")
    assert (await bot.send_message(1, "slow")).message_id == 2


async def test_faults_can_be_listed_limited_and_cleared(bot: Bot, ann: Person, http) -> None:
    await _plan(http, what=500, method="sendMessage", times=None)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.send_message(1, "x")
    assert [f["what"] for f in (await http.get("/sandbox/faults")).json()["faults"]] == ["500"]
    assert (await http.delete("/sandbox/faults")).json() == {"cleared": 1}
    assert await bot.send_message(1, "x")


@pytest.mark.parametrize(
    "fault", [{}, {"what": "explode"}, {"what": 200}, {"what": 500, "oops": 1}]
)
async def test_a_fault_nobody_understands_is_refused(http, fault) -> None:
    answer = await http.post("/sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_log_names_every_call_and_no_token(bot: Bot, ann: Person, http) -> None:
    await _plan(http, what="accept_then_drop", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(1, f"my token is {TOKEN}")
    await bot.send_document(1, b"abc", filename="a.txt")
    log = await http.get("/sandbox/log")
    calls = log.json()["calls"]
    assert [(c["method"], c["status"]) for c in calls] == [
        ("getMe", 200),
        ("sendMessage", 0),
        ("sendDocument", 200),
    ]
    assert calls[1]["fault"] == "accept_then_drop"
    assert calls[2]["files"] == {"document": "a.txt, 3 bytes"}
    assert TOKEN not in log.text
    assert (await http.get("/sandbox/log?after=2")).json()["calls"] == calls[2:]
