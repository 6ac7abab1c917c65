"""Scheduler: THE TABLE of APScheduler jobs. None per bot; in memory, rebuilt at every start.

Intervals are market time: in a demo at 60 times speed a minute's job runs every second, but
never more often than a quarter of a real second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from engine.ports.clock import Clock

_log = structlog.get_logger("scheduler")
_SHORTEST = 0.25
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table. ``every`` is market seconds; None means daily at 00:00 UTC."""

    name: str
    every: float | None
    work: Callable[[], Awaitable[None]]
    real: bool = False


class MarketMidnight(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Fires when the market's clock passes 00:00 UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get_next_fire_time(
        self,
        previous_fire_time: datetime | None,  # noqa: ARG002 - the base class asks for it
        now: datetime,
    ) -> datetime:
        """Real instant of the next market midnight, seen from the real instant ``now``."""
        market = self._clock.now_ms()
        remaining = (market // _DAY_MS + 1) * _DAY_MS - market
        seconds = max(remaining / 1000 / self._clock.rate, 0.05)
        return now + timedelta(seconds=seconds)


class Scheduler:
    """Runs the table until it is stopped; a failing job is logged and runs again."""

    def __init__(self, clock: Clock, jobs: list[Job]) -> None:
        self._clock = clock
        self._jobs = jobs
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Schedule every job of the table."""
        for job in self._jobs:
            self._scheduler.add_job(
                self._guarded(job),
                trigger=self._trigger(job),
                id=job.name,
                name=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Start no job any more and wait for those under way."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
            await asyncio.gather(*self._running, return_exceptions=True)
            self._scheduler.shutdown(wait=False)

    def _trigger(self, job: Job) -> BaseTrigger:
        if job.every is None:
            return MarketMidnight(self._clock)
        rate = 1.0 if job.real else self._clock.rate
        return IntervalTrigger(seconds=max(job.every / rate, _SHORTEST), timezone="UTC")

    def _guarded(self, job: Job) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
            try:
                await job.work()
            except Exception:  # noqa: BLE001 - the boundary: one failing run must not end the job
                _log.exception("job failed", job=job.name)
            finally:
                if task is not None:
                    self._running.discard(task)

        return run
