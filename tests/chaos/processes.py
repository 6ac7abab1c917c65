"""Programs as processes of their own that start at once: forked from one that has read the code.

Each is killed, paused and waited for like any other process; nothing is shared with ours.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.sandbox.server import ChatOptions, LocalChat
from engine.exchange.simulator.server import ExchangeOptions, LocalExchange
from tests.journeys.service import START_PATIENCE

_PRELOADED = ["tests.chaos.preloaded"]
_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(_PRELOADED)


class Program:
    """One process: ``pid`` and ``returncode`` as a subprocess has them."""

    def __init__(self, what: Callable[..., None], *args: Any) -> None:
        self._process = _fork.Process(target=what, args=args, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, how)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0


class Server(Program):
    """A local server; ``url`` is there once it has started."""

    def __init__(self, kind: type[LocalExchange] | type[LocalChat], options: object) -> None:
        self._heard, told = _fork.Pipe(duplex=False)
        super().__init__(_serve, kind, options, told)
        told.close()

    async def url(self) -> str:
        async with asyncio.timeout(START_PATIENCE):
            while not self._heard.poll():  # noqa: ASYNC110 - a pipe of another loop
                await asyncio.sleep(0.01)
        return str(self._heard.recv())


def exchange(options: ExchangeOptions) -> Server:
    """The local exchange."""
    return Server(LocalExchange, options)


def chat(options: ChatOptions) -> Server:
    """The local Telegram."""
    return Server(LocalChat, options)


def skipper(log: Path, *words: str) -> Program:
    """``skipper`` with these words; what it says goes to ``log``."""
    return Program(_skipper, str(log), words)


def _skipper(log: str, words: tuple[str, ...]) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["skipper", *words]
    from bot.__main__ import main

    main()


def _serve(kind: Any, options: Any, told: Any) -> None:
    asyncio.run(_served(kind(options), told))


async def _served(server: Any, told: Any) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await server.start()
    told.send(server.url)
    await over.wait()
    await server.stop()
