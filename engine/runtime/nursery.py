"""The only starter of background tasks: every one is named, supervised and ended on close."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import structlog

Service = Callable[[], Awaitable[None]]
_log = structlog.get_logger("nursery")


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
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
