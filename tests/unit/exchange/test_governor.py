"""Admission: what an answer teaches, who is held and for how long, who hears of a ban."""

import asyncio

import pytest

from engine.core.errors import RateLimited
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.errors import DEFAULT_WAIT
from engine.exchange.binance.governor import AT_ONCE, Governor
from engine.exchange.binance.limits import DEFAULTS, Kind, Limit, limits_told
from tests.unit.exchange.swift import swiftly

WEIGHT = "X-MBX-USED-WEIGHT-1M"
ORDERS = "X-MBX-ORDER-COUNT-10S"
FEW = [Limit(Kind.WEIGHT, 60_000, 100, WEIGHT), Limit(Kind.ORDERS, 10_000, 10, ORDERS)]


class Wall:
    """The exchange's clock: the loop's own, whose windows begin at its zero."""

    def left(self, ms):
        return (ms - self.now() % ms) / 1000 + 0.001

    def until(self, at_ms):
        return (at_ms - self.now()) / 1000

    def now(self):
        return asyncio.get_running_loop().time() * 1000


def governor(limits=FEW):
    stops = []
    made = Governor(Product.SPOT, Wall(), stops.append)
    made.learn(limits)
    made.stops = stops
    return made


def ask(priority=Priority.READ, weight=1, orders=0, owner=""):
    return Ask(Product.SPOT, priority, owner, weight, orders)


async def ended(governor, asked, headers=None, status=200, code=0, message=""):
    """One whole request."""
    turn = await governor.admit(asked)
    governor.heard(turn, status, headers or {}, code, message)
    governor.land(turn)


def started(work):
    return asyncio.get_running_loop().create_task(work)


async def held(governor, asked):
    """The seconds for which a request is refused."""
    with pytest.raises(RateLimited) as refused:
        await governor.admit(asked)
    return refused.value.retry_after


@pytest.mark.parametrize(
    ("priority", "share"),
    [
        (Priority.EXIT, 100), (Priority.STOP, 100), (Priority.DOUBT, 90),
        (Priority.ENTRY, 80), (Priority.READ, 80), (Priority.OPTIONAL, 70),
    ],
)  # fmt: skip
def test_each_priority_has_its_share_of_the_minute(priority, share):
    async def work():
        its = governor()
        await ended(its, ask(priority), {WEIGHT: str(share - 1)})
        await ended(its, ask(priority), {WEIGHT: str(share)})
        assert 59 < await held(its, ask(priority)) <= 60.001

    swiftly(work())


def test_an_answer_without_a_count_costs_what_was_expected():
    async def work():
        its = governor()
        await ended(its, ask(weight=50))
        await ended(its, ask(weight=30))
        await held(its, ask())

    swiftly(work())


def test_a_request_that_would_wait_for_a_moment_waits_and_one_that_would_wait_longer_does_not():
    async def work():
        loop = asyncio.get_running_loop()
        its = governor()
        await ended(its, ask(), {WEIGHT: "100"})
        await asyncio.sleep(59)
        turn = await its.admit(ask(Priority.ENTRY))
        assert 60 <= loop.time() < 60.1
        its.land(turn)
        await ended(its, ask(), {WEIGHT: "100"})
        await asyncio.sleep(57)
        assert await held(its, ask(Priority.ENTRY)) > 2
        assert loop.time() < 118

    swiftly(work())


def test_a_count_told_across_the_end_of_a_window_says_nothing_of_the_next():
    async def work():
        its = governor()
        await asyncio.sleep(59.9)
        turn = await its.admit(ask(weight=5))
        await asyncio.sleep(0.5)
        its.heard(turn, 200, {WEIGHT: "99"}, 0, "")
        its.land(turn)
        await ended(its, ask(weight=70))

    swiftly(work())


def test_orders_are_counted_by_account_with_a_reserve_for_exits():
    async def work():
        its = governor()
        await ended(its, ask(Priority.ENTRY, orders=2, owner="a"), {ORDERS: "8"})
        assert await held(its, ask(Priority.ENTRY, orders=1, owner="a")) > 2
        await ended(its, ask(Priority.ENTRY, orders=1, owner="b"))
        await ended(its, ask(Priority.READ, owner="a"))
        await ended(its, ask(Priority.STOP, orders=2, owner="a"), {ORDERS: "10"})
        await held(its, ask(Priority.EXIT, orders=1, owner="a"))
        await asyncio.sleep(9)
        await ended(its, ask(Priority.ENTRY, orders=1, owner="a"))

    swiftly(work())


def test_too_many_orders_silence_the_orders_of_one_account_only():
    async def work():
        its = governor()
        first = ask(Priority.ENTRY, orders=1, owner="a")
        await ended(its, first, {"Retry-After": "9"}, 429, -1015)
        assert await held(its, ask(Priority.EXIT, orders=1, owner="a")) == pytest.approx(9)
        await ended(its, ask(Priority.READ, owner="a"))
        await ended(its, ask(Priority.ENTRY, orders=1, owner="b"))
        assert its.stops == []

    swiftly(work())


@pytest.mark.parametrize(
    ("status", "code", "message", "headers", "seconds", "told"),
    [
        (429, -1003, "Too much request weight used.", {"Retry-After": "9"}, 9, False),
        (400, -1003, "Too many requests.", {"Retry-After": "9"}, 9, False),
        (429, -1003, "", {}, DEFAULT_WAIT, False),
        (418, -1003, "", {"Retry-After": "600"}, 600, True),
        (418, -1003, "IP banned until 1780056000000.", {}, 1_780_056_000, True),
        (403, 0, "", {}, DEFAULT_WAIT, True),
        (403, 0, "", {"Retry-After": "300"}, 300, True),
    ],
)
def test_told_to_be_silent_nobody_speaks_and_a_ban_is_told(
    status, code, message, headers, seconds, told
):
    async def work():
        its = governor()
        await ended(its, ask(), headers, status, code, message)
        assert await held(its, ask(Priority.EXIT)) == pytest.approx(seconds)
        assert [stop.seconds for stop in its.stops] == ([pytest.approx(seconds)] if told else [])

    swiftly(work())


def test_a_shorter_silence_does_not_end_a_longer_one_and_one_ban_is_told_once():
    async def work():
        its = governor()
        turns = [await its.admit(ask()) for _ in range(3)]
        for turn, (status, wait) in zip(
            turns, [(418, "100"), (418, "100"), (429, "1")], strict=True
        ):
            its.heard(turn, status, {"Retry-After": wait}, -1003, "banned")
            its.land(turn)
        assert await held(its, ask(Priority.EXIT)) == pytest.approx(100)
        assert [stop.reason for stop in its.stops] == ["banned"]

    swiftly(work())


def test_a_short_silence_is_waited_for():
    async def work():
        its = governor()
        await ended(its, ask(), {"Retry-After": "1"}, 429, -1003)
        its.land(await its.admit(ask(Priority.EXIT)))
        assert 1 <= asyncio.get_running_loop().time() < 1.1

    swiftly(work())


def test_the_last_places_in_flight_are_kept_for_exits():
    async def work():
        its = governor(DEFAULTS[Product.SPOT])
        flying = [await its.admit(ask()) for _ in range(int(AT_ONCE * 0.8))]
        assert await held(its, ask()) == 1.0
        flying += [await its.admit(ask(Priority.EXIT)) for _ in range(AT_ONCE - len(flying))]
        waiting = started(its.admit(ask(Priority.EXIT)))
        await asyncio.sleep(0)
        assert not waiting.done()
        its.land(flying.pop())
        its.land(await waiting)

    swiftly(work())


def test_nobody_overtakes_a_more_urgent_request_that_needs_more():
    async def work():
        its, order = governor(), []
        flying = await its.admit(ask(weight=70))

        async def wait(priority, weight):
            its.land(await its.admit(ask(priority, weight)))
            order.append(priority)

        async with asyncio.TaskGroup() as group:
            group.create_task(wait(Priority.ENTRY, 20))
            group.create_task(wait(Priority.READ, 5))
            await asyncio.sleep(0.1)
            assert order == []
            its.heard(flying, 200, {WEIGHT: "1"}, 0, "")
            its.land(flying)
        assert order == [Priority.ENTRY, Priority.READ]

    swiftly(work())


def test_who_goes_away_while_waiting_leaves_nothing_behind():
    async def work():
        its = governor()
        flying = await its.admit(ask(weight=80))
        heavy = started(its.admit(ask(weight=60)))
        light = started(its.admit(ask(weight=30)))
        await asyncio.sleep(0)
        its.land(flying)
        heavy.cancel()
        light.cancel()
        await asyncio.gather(heavy, light, return_exceptions=True)
        await asyncio.sleep(61)
        await ended(its, ask(weight=80))

    swiftly(work())


def test_limits_are_those_that_the_exchange_tells():
    info = {
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
             "limit": 2400},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 9},
            {"rateLimitType": "ORDERS", "interval": "FORTNIGHT", "intervalNum": 1, "limit": 9},
        ]
    }  # fmt: skip
    assert set(limits_told(Product.FUTURES, info)) == set(DEFAULTS[Product.FUTURES])
    assert limits_told(Product.FUTURES, {}) == ()


def test_other_limits_take_effect_without_forgetting_what_is_used():
    async def work():
        its = governor()
        await ended(its, ask(orders=1, owner="a"), {WEIGHT: "75", ORDERS: "5"})
        its.learn([Limit(Kind.WEIGHT, 60_000, 90, WEIGHT), Limit(Kind.ORDERS, 10_000, 6, ORDERS)])
        await held(its, ask())
        await held(its, ask(Priority.ENTRY, orders=1, owner="a"))
        its.learn([])
        await held(its, ask())

    swiftly(work())
