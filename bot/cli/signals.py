"""Ending on SIGINT and SIGTERM."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def until_signalled() -> AsyncIterator[None]:
    """Run the body until SIGINT or SIGTERM; a second one ends the process at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signalled = False

    def end() -> None:
        nonlocal signalled
        signalled = True
        for name in _SIGNALS:
            loop.remove_signal_handler(name)
        if task is not None:
            task.cancel()

    for name in _SIGNALS:
        loop.add_signal_handler(name, end)
    try:
        yield
    except asyncio.CancelledError:
        if not signalled:
            raise
