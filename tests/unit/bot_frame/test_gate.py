"""The gate: turns by priority, silence per chat, silence for all in a storm."""

import asyncio

from bot.buckets import Rate
from bot.delivery.gate import Gate, Limits, Priority

EVER = 1e-3  # so slow that a test never sees the next token


async def passes(gate, chat, priority=Priority.REPLY, **options):
    """Whether a turn is given at once."""
    try:
        async with asyncio.timeout(0.01):
            await gate.turn(chat, priority, **options)
    except TimeoutError:
        return False
    return True


async def test_a_burst_passes_and_the_rest_waits():
    gate = Gate(Limits(unasked=Rate(EVER, 5.0)))

    turns = [await passes(gate, 1, Priority.ALERT) for _ in range(6)]

    assert turns == [True] * 5 + [False]
    assert await passes(gate, 2, Priority.ALERT)


async def test_what_was_asked_for_never_uses_up_what_alerts_need():
    gate = Gate(Limits(asked=Rate(EVER, 3.0), unasked=Rate(EVER, 1.0)))

    assert [await passes(gate, 1) for _ in range(4)] == [True] * 3 + [False]
    assert await passes(gate, 1, Priority.ALERT)


async def test_cards_keep_to_the_rate_of_edits_that_everybody_uses():
    gate = Gate(Limits(edits=Rate(EVER, 2.0)))
    await gate.turn(1, Priority.REPLY, edit=True)
    await gate.turn(1, Priority.CARD, edit=True)

    assert not await passes(gate, 1, Priority.CARD, edit=True)
    assert await passes(gate, 1, Priority.REPLY, edit=True)


async def test_a_silent_chat_waits_alone_and_comes_back():
    gate = Gate()
    gate.pause(1, 0.05)

    assert gate.paused(1) > 0
    assert not await passes(gate, 1)
    assert await passes(gate, 2)
    async with asyncio.timeout(2):
        await gate.turn(1, Priority.REPLY)
    assert gate.paused(1) == 0


async def test_when_three_chats_are_silenced_at_once_everybody_waits():
    gate = Gate()

    gate.pause(1, 60.0)
    gate.pause(2, 60.0)
    assert await passes(gate, 9)
    gate.pause(3, 60.0)

    assert not await passes(gate, 9)
    assert gate.flood_count == 3


async def test_the_same_chat_silenced_three_times_is_no_storm():
    gate = Gate()

    for _ in range(3):
        gate.pause(1, 60.0)

    assert await passes(gate, 2)


async def test_money_alerts_pass_before_replies_and_replies_before_cards():
    gate = Gate(Limits(overall=Rate(50.0, 1.0)))
    await gate.turn(0, Priority.REPLY)
    order = []

    async def wait(chat, priority):
        await gate.turn(chat, priority)
        order.append(priority)

    async with asyncio.timeout(5):
        await asyncio.gather(
            wait(1, Priority.CARD), wait(2, Priority.REPLY), wait(3, Priority.ALERT)
        )

    assert order == [Priority.ALERT, Priority.REPLY, Priority.CARD]


async def test_who_gives_up_waiting_takes_no_turn():
    gate = Gate(Limits(asked=Rate(20.0, 1.0)))
    await gate.turn(1, Priority.REPLY)
    assert not await passes(gate, 1)

    async with asyncio.timeout(1):
        await gate.turn(1, Priority.REPLY)

    assert not await passes(gate, 1)


async def test_all_together_keep_to_the_overall_rate():
    gate = Gate(Limits(overall=Rate(EVER, 2.0)))

    turns = [await passes(gate, chat) for chat in range(3)]

    assert turns == [True, True, False]
