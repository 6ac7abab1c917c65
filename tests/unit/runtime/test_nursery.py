"""Background tasks are named, restarted when they should never end, and ended on close."""

import asyncio
import inspect

import pytest
import structlog

from engine.runtime import nursery as module
from engine.runtime.nursery import Nursery


@pytest.fixture
async def nursery():
    made = Nursery()
    yield made
    await made.close()


async def test_a_task_runs_under_its_name(nursery):
    gate = asyncio.Event()

    task = nursery.start("waiter", gate.wait())

    assert nursery.names == ["waiter"]
    gate.set()
    await task
    await asyncio.sleep(0)
    assert nursery.names == []


async def test_a_failing_task_is_logged_by_name_and_harms_nobody(nursery):
    async def fails():
        raise ValueError("broken")

    with structlog.testing.capture_logs() as lines:
        await nursery.start("bad one", fails())

    assert [(line["event"], line["task"]) for line in lines] == [
        ("background task failed", "bad one")
    ]


async def test_a_service_that_fails_starts_again(nursery, monkeypatch):
    runs = asyncio.Queue()
    pauses = []
    real_sleep = asyncio.sleep

    async def no_pause(seconds):
        pauses.append(seconds)
        await real_sleep(0)

    async def service():
        runs.put_nowait(1)
        raise ValueError("again")

    monkeypatch.setattr(asyncio, "sleep", no_pause)
    with structlog.testing.capture_logs():
        nursery.supervise("service", service)
        for _ in range(9):
            await asyncio.wait_for(runs.get(), 5)

    assert pauses[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_closing_ends_everything_and_admits_nothing():
    nursery = Nursery()
    ended = asyncio.Event()

    async def runs():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    nursery.start("long", runs())
    await asyncio.sleep(0)
    await nursery.close()

    assert ended.is_set()
    with pytest.raises(RuntimeError, match="late"):
        nursery.start("late", runs())


async def test_a_task_that_lost_a_cancel_is_cancelled_again(nursery, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    lost = []

    async def deaf_once():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append(True)
        await asyncio.Event().wait()

    task = nursery.start("deaf once", deaf_once())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await nursery.close()

    assert task.cancelled()
    assert lost == [True]


async def test_work_that_was_cancelled_before_its_first_step_is_closed(nursery):
    async def never_begins():
        raise AssertionError

    work = never_begins()
    nursery.start("never", work)
    await nursery.close()

    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
