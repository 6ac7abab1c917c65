"""The only starter of background tasks: every one is named, supervised and ended on close."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable

import structlog

Service = Callable[[], Awaitable[None]]
_log = structlog.get_logger("nursery")
_PATIENCE = 5.0


class Nursery:
    """Holds background tasks; a failure is logged with its name, never lost.

    ``start`` runs a coroutine once. ``supervise`` runs a service that should never end: when it
    ends or fails it is started again after a growing pause (real seconds, 0.5 to 30).
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def start(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run ``work`` in the background once.

        Raises RuntimeError once the nursery is closing.
        """
        if self._closing:
            work.close()
            raise RuntimeError(f"the nursery is closing, {name} was not started")
        task = asyncio.get_running_loop().create_task(self._guard(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never gets to its work.
        task.add_done_callback(lambda _: work.close())
        return task

    def supervise(self, name: str, service: Service) -> asyncio.Task[None]:
        """Run ``service`` for ever, starting it again whenever it ends or fails."""
        return self.start(name, self._again_and_again(name, service))

    @property
    def names(self) -> list[str]:
        """Names of the tasks that are running, for the health report."""
        return sorted(task.get_name() for task in self._tasks)

    async def close(self) -> None:
        """Cancel everything and wait until it has ended."""
        self._closing = True
        await end(self._tasks)

    async def _guard(self, name: str, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - the boundary: whatever fails is logged by name
            _log.exception("background task failed", task=name)

    async def _again_and_again(self, name: str, service: Service) -> None:
        pause = 0.5
        loop = asyncio.get_running_loop()
        while not self._closing:
            began = loop.time()
            try:
                await service()
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001 - the boundary: the service starts again
                _log.exception("service failed, it starts again", task=name, pause=pause)
            if loop.time() - began > 30:
                pause = 0.5
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended.

    One cancel may be lost: CPython 3.11 drops it where a ``wait_for`` has just been answered, and
    where a task group fails at the same moment. It is asked again only after a patient while, so
    that whoever is closing a connection can finish.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_PATIENCE)
