"""Both wire formats against a local server: what it does becomes a text or a named problem."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from engine.advisors.gemini import Gemini
from engine.advisors.line import Line
from engine.advisors.openai_compatible import OpenAiCompatible
from engine.core.errors import ConfigError
from engine.ports.advisor import Reply
from tests.fakes.clock import FrozenClock
from tests.fakes.model import serving, verdict

KEY = "secret-key-0123456789"
KINDS = {"gemini": Gemini, "openai": OpenAiCompatible}


class SwiftClock(FrozenClock):
    """Pauses of the wire take no time."""

    async def sleep_real(self, seconds):
        self.slept = seconds


@pytest.fixture(params=list(KINDS))
def kind(request):
    return KINDS[request.param]


@asynccontextmanager
async def asking(kind, *script, longest=None):
    async with serving(*script) as stub:
        clock = SwiftClock()
        advisor = kind(stub.url, stub.model, KEY, clock)
        if longest is not None:
            await advisor._line.close()
            advisor._line = Line({}, clock, longest)
        try:
            yield stub, advisor
        finally:
            await advisor.close()


async def test_an_answer_comes_with_the_tokens_that_are_charged(kind):
    async with asking(kind, verdict()) as (stub, advisor):
        reply = await advisor.ask("be careful", "{}")

    assert reply == Reply(verdict(), "", 3000, 100)
    assert len(stub.requests) == 1


async def test_the_key_travels_in_a_header_alone(kind):
    async with asking(kind, verdict()) as (stub, advisor):
        await advisor.ask("be careful", "{}")
    path, headers, body = stub.requests[0]

    assert KEY in str(headers)
    assert KEY not in path + str(body)


async def test_gemini_is_given_schema_instructions_and_data_in_their_places():
    async with asking(Gemini, verdict()) as (stub, advisor):
        await advisor.ask("be careful", '{"a":1}')
    path, headers, body = stub.requests[0]
    config = body["generationConfig"]

    assert path == "/v1/models/stub-1:generateContent"
    assert headers["x-goog-api-key"] == KEY
    assert body["systemInstruction"] == {"parts": [{"text": "be careful"}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": '{"a":1}'}]}]
    assert config["responseMimeType"] == "application/json"
    assert config["responseSchema"]["properties"]["signal"]["enum"] == ["BUY", "SELL", "HOLD"]
    assert config["responseSchema"]["properties"]["entry"]["nullable"] is True


async def test_an_openai_compatible_service_is_given_a_strict_schema():
    async with asking(OpenAiCompatible, verdict()) as (stub, advisor):
        await advisor.ask("be careful", '{"a":1}')
    path, headers, body = stub.requests[0]
    given = body["response_format"]["json_schema"]

    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert given["strict"] is True
    assert given["schema"]["additionalProperties"] is False
    assert sorted(given["schema"]["required"]) == sorted(given["schema"]["properties"])


@pytest.mark.parametrize(
    ("step", "problem", "tries"),
    [
        ({"status": 500}, "server", 2),
        ({"status": 503}, "server", 2),
        ({"status": 400, "body": b'{"error": "no"}'}, "refused", 1),
        ({"status": 401}, "refused", 1),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "refused", 1),
        ({"status": 429}, "limited", 1),
        ({"body": b"x" * 70_000}, "too_large", 1),
        ({"body": b"<html>"}, "no_answer", 1),
        ({"body": b""}, "no_answer", 1),
        ({"body": b"[" * 20_000}, "no_answer", 1),
        ({"body": b'{"candidates": [], "choices": []}'}, "no_answer", 1),
        ({"body": b'{"candidates": {"0": 1}, "choices": "no"}'}, "no_answer", 1),
        ({"body": b'"a text"'}, "no_answer", 1),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_whatever_a_service_does_is_a_named_problem(kind, step, problem, tries):
    async with asking(kind, step) as (stub, advisor):
        reply = await advisor.ask("be careful", "{}")

    assert (reply.text, reply.problem) == ("", problem)
    assert len(stub.requests) == tries


@pytest.mark.parametrize(
    ("finish", "problem"),
    [
        ({Gemini: "MAX_TOKENS", OpenAiCompatible: "length"}, "cut"),
        ({Gemini: "SAFETY", OpenAiCompatible: "content_filter"}, "blocked"),
    ],
)
async def test_what_the_model_could_not_finish_is_no_answer(kind, finish, problem):
    async with asking(kind, {"text": '{"signal": "BU', "finish": finish[kind]}) as (_, advisor):
        reply = await advisor.ask("be careful", "{}")

    assert reply.problem == problem
    assert reply.tokens_in == 3000


async def test_a_prompt_that_gemini_blocks_is_told_apart():
    body = b'{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}'
    async with asking(Gemini, {"body": body}) as (_, advisor):
        assert (await advisor.ask("be careful", "{}")).problem == "blocked"


async def test_a_server_error_is_tried_once_more(kind):
    async with asking(kind, {"status": 503}, verdict()) as (stub, advisor):
        reply = await advisor.ask("be careful", "{}")

    assert reply.problem == ""
    assert len(stub.requests) == 2


async def test_a_slow_answer_is_given_up(kind):
    async with asking(kind, {"text": verdict(), "delay": 30}, longest=0.2) as (stub, advisor):
        reply = await advisor.ask("be careful", "{}")

    assert reply.problem == "timeout"
    assert len(stub.requests) == 1


async def test_nobody_at_the_address_is_unreachable(kind):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    advisor = kind(f"http://127.0.0.1:{port}/v1", "stub-1", KEY, SwiftClock())
    try:
        assert (await advisor.ask("be careful", "{}")).problem == "unreachable"
    finally:
        await advisor.close()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("", 60),
        ("soon", 60),
        ("Fri, 29 May 2026 12:02:00 GMT", 120),
        ("99999999", 3600),
    ],
)
async def test_a_service_that_asks_for_rest_is_given_it(kind, said, seconds):
    async with asking(kind, {"status": 429, "headers": {"Retry-After": said}}) as (_, advisor):
        assert not advisor.resting
        await advisor.ask("be careful", "{}")
        left = advisor._line._resting_until - asyncio.get_running_loop().time()

        assert advisor.resting
    assert left == pytest.approx(seconds, abs=2)


async def test_the_check_names_the_model_that_is_there(kind):
    async with asking(kind, verdict()) as (stub, advisor):
        assert stub.model in await advisor.check()


async def test_the_check_names_a_model_that_is_not_there(kind):
    async with asking(kind, verdict()) as (stub, advisor):
        stub.model = "another"
        with pytest.raises(ConfigError, match=r"has no model stub-1: see ai\.model"):
            await advisor.check()
