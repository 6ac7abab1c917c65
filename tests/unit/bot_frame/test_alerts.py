"""The outbox drained into a post that answers as told; the memory is real."""

import asyncio
from collections import defaultdict, deque

import pytest

from bot import alerts
from bot.alerts import Alerts, Pauses
from bot.post import Flooded, MaybeDelivered, NotDelivered, Undeliverable, Unreachable
from bot.screen import Screen
from bot.texts import Texts
from engine.core.events import Alert, AlertKind, OutboxState
from engine.runtime.clock import MarketClock
from engine.runtime.nursery import Nursery
from tests.contract.chat.house import until
from tests.fakes.office import account_of, office_at

ANN, BOB = 2, 3


class Answers:
    """A post that takes what it is given, after failing as planned; ``news`` tells of takings.

    ``silences`` is how often it does not even answer.
    """

    def __init__(self):
        self.plans = defaultdict(deque)
        self.taken = []
        self.tries = self.silences = 0
        self.news = asyncio.Condition()

    async def answers(self):
        self.silences -= 1
        return self.silences < 0

    async def send_alert(self, chat_id, screen):
        self.tries += 1
        if self.plans[chat_id]:
            raise self.plans[chat_id].popleft()
        async with self.news:
            self.taken.append((chat_id, screen.text))
            self.news.notify_all()
        return len(self.taken)

    async def texts(self, count):
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.taken) >= count)
        return [text for _, text in self.taken]


def draw(row, _texts):
    return Screen(f"{row.alert.dedup}{' again' if row.attempts > 1 else ''}")


class Desk:
    def __init__(self, office):
        self.office, self.post = office, Answers()
        self.nursery, self.wake = Nursery(), asyncio.Event()
        self.alerts = self.drain()

    def drain(self):
        pauses = Pauses(look=0.02, first=0.01, most=0.02)
        return Alerts(
            self.office.storage,
            self.office.clock,
            Texts(),
            draw,
            self.post,
            self.nursery,
            self.wake,
            pauses,
        )

    def start(self):
        self.nursery.supervise("alerts", self.alerts.run)

    async def add(self, account, *dedups):
        at = self.office.clock.now_ms()
        async with self.office.storage.system() as unit:
            for dedup in dedups:
                await unit.outbox.add(Alert(account.id, AlertKind.NOTICE, dedup), at)
            await unit.commit()
        self.wake.set()

    async def reachable(self, account, *, reachable):
        async with self.office.storage.system() as unit:
            await unit.accounts.set_reachable(account.id, reachable=reachable)
            await unit.commit()

    async def settled(self):
        """Wait until nothing is on its way."""
        self.wake.set()
        await until(lambda: is_waiting(self, 0))

    async def depth(self):
        async with self.office.storage.reading() as unit:
            return await unit.outbox.depth()


async def is_waiting(desk, count):
    return await desk.depth() == count


async def is_parked(desk, account):
    lane = desk.alerts._lanes.get(account.id)
    return lane is not None and lane.parked


@pytest.fixture
async def desk(tmp_path):
    async with office_at(tmp_path, clock=MarketClock()) as office:
        made = Desk(office)
        made.ann = await account_of(office, ANN)
        made.bob = await account_of(office, BOB)
        yield made
        await made.nursery.close()


@pytest.mark.parametrize("failure", [NotDelivered("away"), Flooded(0.02)])
async def test_what_was_not_sent_goes_out_later_in_order_and_unmarked(desk, failure):
    desk.post.plans[ANN].extend([failure] * 3)
    desk.start()

    await desk.add(desk.ann, "a", "b", "c")

    assert await desk.post.texts(3) == ["a", "b", "c"]


async def test_an_unknown_outcome_is_repeated_with_a_mark_and_given_up_in_the_end(desk):
    desk.post.plans[ANN].extend([MaybeDelivered("line broke")] * (alerts.UNKNOWN_MOST + 1))
    desk.start()

    await desk.add(desk.ann, "a", "b")

    assert await desk.post.texts(1) == ["b again"]
    await desk.settled()


async def test_an_outage_longer_than_all_attempts_loses_no_alert(desk):
    desk.post.plans[ANN].append(MaybeDelivered("line broke"))
    desk.post.silences = 3 * alerts.UNKNOWN_MOST
    desk.start()

    await desk.add(desk.ann, "a", "b")

    assert await desk.post.texts(2) == ["a again", "b"]
    assert desk.post.tries == 3
    await desk.settled()


async def test_what_is_refused_for_its_content_does_not_hold_up_the_next(desk):
    desk.post.plans[ANN].append(Undeliverable("bad button"))
    desk.start()

    await desk.add(desk.ann, "bad", "good")

    assert await desk.post.texts(1) == ["good"]
    await desk.settled()


async def test_nobody_waits_for_a_chat_that_takes_nothing(desk):
    desk.post.plans[ANN].extend([Flooded(60.0)])
    desk.start()

    await desk.add(desk.ann, *(f"a{n}" for n in range(5)))
    await desk.add(desk.bob, "b1", "b2")

    assert await desk.post.texts(2) == ["b1", "b2"]
    await until(lambda: is_waiting(desk, 5))


async def test_alerts_of_somebody_unreachable_wait_for_them_and_keep_their_order(desk):
    await desk.reachable(desk.ann, reachable=False)
    desk.start()
    await desk.add(desk.ann, "a", "b")
    await desk.add(desk.bob, "c")
    assert await desk.post.texts(1) == ["c"]

    await desk.reachable(desk.ann, reachable=True)
    desk.alerts.resume(desk.ann.id)

    assert await desk.post.texts(3) == ["c", "a", "b"]


async def test_of_too_many_for_somebody_unreachable_the_newest_are_kept(desk, monkeypatch):
    monkeypatch.setattr(alerts, "LANE", 3)
    desk.post.plans[ANN].append(Unreachable("blocked"))
    await desk.reachable(desk.ann, reachable=False)
    desk.start()
    await desk.add(desk.ann, "a0")

    await until(lambda: is_parked(desk, desk.ann))
    await desk.add(desk.ann, *(f"a{n}" for n in range(1, 6)))
    await until(lambda: is_waiting(desk, 3))
    desk.post.plans.clear()
    await desk.reachable(desk.ann, reachable=True)
    desk.alerts.resume(desk.ann.id)

    assert await desk.post.texts(3) == ["a3", "a4", "a5"]


async def test_more_than_a_lane_holds_goes_back_and_comes_later_in_order(desk, monkeypatch):
    monkeypatch.setattr(alerts, "LANE", 2)
    monkeypatch.setattr(alerts, "PUT_BACK_MS", 50)
    desk.post.plans[ANN].append(Flooded(0.02))
    desk.start()

    await desk.add(desk.ann, *(f"a{n}" for n in range(5)))
    await desk.add(desk.ann, "a5")

    assert await desk.post.texts(6) == [f"a{n}" for n in range(6)]


async def test_a_switched_off_account_hears_nothing_more(desk):
    async with desk.office.storage.system() as unit:
        await unit.accounts.set_active(desk.ann.id, active=False)
        await unit.commit()
    desk.start()

    await desk.add(desk.ann, "a")
    await desk.settled()

    assert desk.post.tries == 0


async def test_a_message_that_was_sent_but_not_marked_is_only_marked(desk, monkeypatch):
    system, failures = desk.office.storage.system, [OSError("disk full")] * 2

    def failing():
        if desk.post.taken and failures:
            raise failures.pop()
        return system()

    monkeypatch.setattr(desk.office.storage, "system", failing)
    desk.start()
    await desk.add(desk.ann, "a")
    await desk.post.texts(1)
    monkeypatch.undo()
    await desk.settled()

    assert desk.post.tries == 1


async def test_claimed_rows_of_a_dead_process_are_repeats_and_fresh_ones_are_not(desk):
    await desk.add(desk.ann, "old")
    async with desk.office.storage.system() as unit:
        rows = await unit.outbox.claim(limit=9, at=desk.office.clock.now_ms())
        await unit.commit()
    assert rows[0].state is OutboxState.CLAIMED
    await desk.add(desk.ann, "new")

    desk.start()

    assert await desk.post.texts(2) == ["old again", "new"]


async def test_a_flush_ends_when_only_unreachable_people_are_left(desk):
    await desk.reachable(desk.ann, reachable=False)
    await desk.add(desk.ann, "a")
    await desk.add(desk.bob, "b")

    assert await desk.alerts.flush(5.0)
    assert await desk.post.texts(1) == ["b"]


async def test_a_flush_ends_in_time_when_telegram_is_away(desk):
    desk.post.plans[ANN].extend([NotDelivered("away")] * 1000)
    await desk.add(desk.ann, "a")

    assert not await desk.alerts.flush(0.05)
