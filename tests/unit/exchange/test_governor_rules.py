"""Whatever is asked for, in whatever order it is answered: the rules of admission hold."""

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import RateLimited
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.governor import AT_ONCE, MANNERS, Governor
from engine.exchange.binance.limits import DEFAULTS, Kind, Limit
from tests.unit.exchange.swift import swiftly
from tests.unit.exchange.test_governor import ORDERS, WEIGHT, Wall

MOST, MOST_ORDERS = 60, 5
LIMITS = [
    Limit(Kind.WEIGHT, 60_000, MOST, WEIGHT),
    Limit(Kind.ORDERS, 10_000, MOST_ORDERS, ORDERS),
]
OWNERS = ("a", "b", "c")


@dataclass(frozen=True)
class Request:
    """When it is asked for, how long it travels each way, what it really costs and tells."""

    at: float
    there: float
    back: float
    ask: Ask
    cost: int
    counted: bool
    limited: int


NEVER = st.just(0)


def moments(most):
    return st.integers(0, most * 1000).map(lambda ms: ms / 1000)


@st.composite
def requests(draw, limited=NEVER):
    weight = draw(st.integers(1, 30))
    priority = draw(st.sampled_from(Priority))
    orders = draw(st.integers(0, 2)) if priority in {Priority.EXIT, Priority.ENTRY} else 0
    asked = Ask(Product.SPOT, priority, draw(st.sampled_from(OWNERS)), weight, orders)
    return Request(
        draw(moments(70)), draw(moments(3)), draw(moments(3)), asked,
        draw(st.integers(0, weight)), draw(st.booleans()), draw(limited),
    )  # fmt: skip


class World:
    """The exchange's own counts, window by window, and what left when."""

    def __init__(self):
        self.governor = Governor(Product.SPOT, Wall(), lambda _: None)
        self.governor.learn(LIMITS)
        self.weight = defaultdict(Counter)
        self.orders = defaultdict(Counter)
        self.left = []
        self.silences = []

    async def live(self, request):
        loop = asyncio.get_running_loop()
        await asyncio.sleep(request.at)
        try:
            turn = await self.governor.admit(request.ask)
        except RateLimited:
            return
        self.left.append(loop.time())
        await asyncio.sleep(request.there)
        headers = self.count(request, loop.time())
        status = 429 if request.limited else 200
        await asyncio.sleep(request.back)
        if request.limited:
            headers["Retry-After"] = str(request.limited)
            self.silences.append((loop.time(), loop.time() + request.limited))
        if request.counted or request.limited:
            self.governor.heard(turn, status, headers, 0, "")
        self.governor.land(turn)

    def count(self, request, now):
        asked = request.ask
        weight, orders = self.weight[now // 60], self.orders[now // 10, asked.owner]
        weight[asked.priority] += request.cost
        orders[asked.priority] += asked.orders
        return {WEIGHT: str(weight.total()), ORDERS: str(orders.total())}


async def lived(asked):
    world = World()
    async with asyncio.TaskGroup() as group:
        for request in asked:
            group.create_task(world.live(request))
    return world


@settings(deadline=None, max_examples=150)
@given(st.lists(requests(), max_size=60))
def test_no_window_is_used_beyond_what_its_priorities_may_use(asked):
    world = swiftly(lived(asked))
    for most, windows in ((MOST, world.weight), (MOST_ORDERS, world.orders)):
        for used in windows.values():
            for priority in Priority:
                theirs = sum(used[other] for other in Priority if other >= priority)
                assert theirs <= most * MANNERS[priority].share


@settings(deadline=None, max_examples=150)
@given(st.lists(requests(limited=st.sampled_from((0, 0, 0, 1, 7))), max_size=60))
def test_nothing_leaves_before_the_time_that_the_exchange_named(asked):
    world = swiftly(lived(asked))
    for begin, end in world.silences:
        assert not [at for at in world.left if begin < at < end]


@settings(deadline=None, max_examples=150)
@given(st.lists(requests(), max_size=60))
def test_nobody_waits_longer_than_its_patience_and_the_queue_ends_empty(asked):
    async def work():
        world = World()

        async def one(request):
            loop = asyncio.get_running_loop()
            await asyncio.sleep(request.at)
            begin = loop.time()
            with suppress(RateLimited):
                world.governor.land(await world.governor.admit(request.ask))
            assert loop.time() - begin <= MANNERS[request.ask.priority].patience + 1e-6

        async with asyncio.TaskGroup() as group:
            for request in asked:
                group.create_task(one(request))
        await asyncio.sleep(61)
        world.governor.land(
            await world.governor.admit(Ask(Product.SPOT, Priority.EXIT, weight=MOST))
        )

    swiftly(work())


asks = st.builds(Ask, st.just(Product.SPOT), st.sampled_from(Priority), st.sampled_from(OWNERS))


@settings(deadline=None, max_examples=150)
@given(st.lists(asks, max_size=40))
def test_the_more_urgent_go_first_and_owners_of_the_same_urgency_take_turns(asked):
    async def work():
        governor = Governor(Product.SPOT, Wall(), lambda _: None)
        governor.learn(DEFAULTS[Product.SPOT])
        everything = [
            await governor.admit(Ask(Product.SPOT, Priority.EXIT)) for _ in range(AT_ONCE)
        ]
        order = []

        async def wait(ask):
            order.append((ask, await governor.admit(ask)))

        async with asyncio.TaskGroup() as group:
            for ask in asked:
                group.create_task(wait(ask))
            await asyncio.sleep(0)
            for turn in everything:
                governor.land(turn)
        return [ask for ask, _ in order]

    order = swiftly(work())
    assert [ask.priority for ask in order] == sorted(ask.priority for ask in asked)
    for priority in Priority:
        served = [ask.owner for ask in order if ask.priority == priority]
        left = Counter(served)
        had = Counter()
        for owner in served:
            had[owner] += 1
            left[owner] -= 1
            assert all(had[other] >= had[owner] - 1 for other in OWNERS if left[other])


@settings(deadline=None, max_examples=100)
@given(st.lists(requests(), max_size=60), st.lists(moments(70), max_size=8))
def test_a_flood_of_others_never_holds_an_exit(asked, exits):
    async def work():
        world = World()

        async def leave(at):
            loop = asyncio.get_running_loop()
            await asyncio.sleep(at)
            begin = loop.time()
            turn = await world.governor.admit(Ask(Product.SPOT, Priority.EXIT, "z", weight=1))
            assert loop.time() == begin
            world.governor.land(turn)

        async with asyncio.TaskGroup() as group:
            for request in asked:
                if request.ask.priority >= Priority.ENTRY:
                    group.create_task(world.live(request))
            for at in exits:
                group.create_task(leave(at))

    swiftly(work())
