"""Screens that change by themselves are drawn anew until they stand still."""

import asyncio

import pytest

from bot.app.following import Following
from bot.screen import Screen
from engine.runtime.nursery import Nursery


class Redrawn:
    """A delivery that remembers what it was asked to redraw."""

    def __init__(self):
        self.screens = []
        self.any = asyncio.Event()

    async def redraw(self, chat_id, message_id, screen):
        self.screens.append((chat_id, message_id, screen.text))
        self.any.set()


class Story:
    """Gives one screen after the other, the last one for ever."""

    def __init__(self, *screens):
        self.screens = list(screens)
        self.asked = []

    async def __call__(self, data):
        self.asked.append(data)
        return self.screens.pop(0) if len(self.screens) > 1 else self.screens[0]


def moving(text):
    return Screen(text, again="p:result::")


async def over(following):
    """Wait until nothing is followed any more."""
    async with asyncio.timeout(10):
        await asyncio.gather(*following._tasks.values())


@pytest.fixture
async def nursery():
    nursery = Nursery()
    yield nursery
    await nursery.close()


async def test_a_screen_is_redrawn_when_it_changes_until_nothing_moves(nursery):
    delivery, story = Redrawn(), Story(moving("1"), moving("2"), moving("2"), Screen("3"))
    following = Following(delivery, nursery, pause=0)
    following.begin(7, 9, moving("1"), story)
    await over(following)
    assert delivery.screens == [(7, 9, "2"), (7, 9, "3")]
    assert story.asked == ["p:result::"] * 4


async def test_the_next_tap_on_the_message_ends_it(nursery):
    delivery, story = Redrawn(), Story(moving("2"), moving("3"), moving("4"))
    following = Following(delivery, nursery, pause=0)
    following.begin(7, 9, moving("1"), story)
    async with asyncio.timeout(10):
        await delivery.any.wait()
    following.end(7, 9)
    seen = len(delivery.screens)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(delivery.screens) == seen
    assert not following._tasks


async def test_a_screen_that_cannot_be_drawn_ends_it(nursery):
    delivery = Redrawn()
    following = Following(delivery, nursery, pause=0)
    following.begin(7, 9, moving("1"), Story(Screen("", toast="no")))
    await over(following)
    assert delivery.screens == []


async def test_what_never_stands_still_is_left_after_so_many_looks(nursery):
    story = Story(moving("2"), moving("3"), moving("2"))
    following = Following(Redrawn(), nursery, pause=0, most=5)
    following.begin(7, 9, moving("1"), story)
    await over(following)
    assert len(story.asked) == 5
