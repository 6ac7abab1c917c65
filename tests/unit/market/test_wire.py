import pytest

from engine.core.market import Market
from engine.market import wire
from engine.market.wire import Ear, Wires
from engine.runtime.nursery import Nursery
from tests.fakes.clock import FrozenClock
from tests.fakes.market import FakeMarket, settle

SPOT = Market.SPOT


class World:
    """Connections on a fake market, and what came over them."""

    def __init__(self):
        self.market = FakeMarket(FrozenClock())
        self.nursery = Nursery()
        self.heard = []
        ear = Ear(lambda event: self.heard.append(event.symbol))
        self.wires = Wires(self.market, self.market.clock, self.nursery, "books", ear)

    async def want(self, *symbols):
        for symbol in symbols:
            self.wires.want(SPOT, symbol)
        await settle()

    def carried(self):
        return sorted(sorted(stream.books) for stream in self.market.streams)


@pytest.fixture
async def world(monkeypatch):
    monkeypatch.setattr(wire, "CAPACITY", 2)
    made = World()
    yield made
    await made.nursery.close()


async def test_a_full_connection_is_followed_by_another(world):
    await world.want("A", "B", "C")
    assert world.carried() == [["A", "B"], ["C"]]
    assert world.nursery.names == ["books spot 1", "books spot 2"]


async def test_repeated_wishes_are_one_and_room_is_used_again(world):
    await world.want("A", "B", "C")
    await world.want("A", "C")
    world.wires.forget(SPOT, "A")
    await world.want("D")
    assert world.carried() == [["B", "D"], ["C"]]


async def test_nothing_is_connected_while_nothing_is_wanted(world):
    world.wires.forget(SPOT, "A")
    await world.want()
    assert world.market.connections == 0


async def test_a_lost_connection_with_nothing_left_to_carry_is_not_opened_again(world):
    await world.want("A")
    world.wires.forget(SPOT, "A")
    world.market.cut()
    await settle()
    await world.market.clock.advance(60)
    assert world.market.connections == 1
    await world.want("B")
    assert world.carried() == [["B"]]


async def test_a_fault_of_the_hearer_ends_the_connection(world):
    world.wires = Wires(
        world.market, world.market.clock, world.nursery, "broken", Ear(lambda _: 1 / 0)
    )
    await world.want("A")
    (stream,) = world.market.streams
    world.market.say_book(SPOT, "A", 1)
    await settle()
    assert stream not in world.market.streams
