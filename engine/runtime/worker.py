"""Worker: one process beside this one for what is slow, heavy or written by others.

It runs functions by name, one at a time. pandas and code of third parties are imported there
alone; what hangs, crashes or eats memory there is killed, and the next request begins anew.
"""

import asyncio
import io
import os
import pickle
import signal
import struct
import sys
from contextlib import suppress
from typing import Any

import structlog

from engine.core.errors import BadAnswer, WorkerDied, WorkFailed
from engine.runtime.worker_main import BEGUN, DONE, FAILED, HEADER, LONGEST

_log = structlog.get_logger("worker")
# Real seconds until the process has started and imported what a request needs.
_PREPARES = 30.0
_OURS = "SKIPPER_"
_ARRAYS = frozenset(
    {
        ("array", "_array_reconstructor"),
        ("array", "array"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
    }
)


class Worker:
    """Runs functions in another process, started when first needed; ``close`` ends it.

    Requests wait for their turn; a time limit counts from when theirs has come.
    """

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._broken = False
        self._turn = asyncio.Lock()

    async def call(
        self, function: str, *args: object, imports: tuple[str, ...] = (), limit: float = 5.0
    ) -> Any:
        """What ``module:function`` returns for these arguments: plain values or arrays.

        ``imports`` are modules that it will import; they do not count against ``limit`` (real
        seconds). Raises ``TimeoutError``, ``WorkFailed`` when it raised, ``WorkerDied`` when the
        process ended, ``BadAnswer`` for one that is no plain value, and ``ValueError`` for a
        request of more than 64 MiB.
        """
        request = pickle.dumps((imports, function, args))
        if len(request) > LONGEST:
            raise ValueError(f"a request of {len(request)} bytes")
        async with self._turn:
            process = await self._running()
            # Whatever stops us half-way leaves an answer in the pipe that is nobody's.
            self._broken = True
            try:
                kind, value = await _exchanged(process, request, limit)
                self._broken = False
            finally:
                if self._broken:
                    self._kill(process)
        if kind != DONE:
            raise WorkFailed(str(value))
        return value

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._kill(self._process)
            await self._process.wait()
            self._process = None

    async def _running(self) -> asyncio.subprocess.Process:
        process = self._process
        if process is not None and process.returncode is None and not self._broken:
            return process
        if process is not None:
            self._kill(process)
            await process.wait()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine.runtime.worker_main"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            # A group of its own: Ctrl-C is not for it, and its children end with it.
            start_new_session=True,
        )
        self._broken = False
        return self._process

    @staticmethod
    def _kill(process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


async def _exchanged(
    process: asyncio.subprocess.Process, request: bytes, limit: float
) -> tuple[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise WorkerDied
    try:
        async with asyncio.timeout(_PREPARES):
            process.stdin.write(struct.pack(HEADER, len(request)) + request)
            await process.stdin.drain()
            answer = await _frame(process.stdout)
        if answer[0] == BEGUN:
            async with asyncio.timeout(limit):
                answer = await _frame(process.stdout)
    except (asyncio.IncompleteReadError, ConnectionError):
        _log.warning("the worker process ended in the middle of a request")
        raise WorkerDied from None
    return answer


async def _frame(answers: asyncio.StreamReader) -> tuple[str, Any]:
    (length,) = struct.unpack(HEADER, await answers.readexactly(struct.calcsize(HEADER)))
    if length > LONGEST:
        raise WorkerDied
    return _read(await answers.readexactly(length))


class _PlainValues(pickle.Unpickler):
    """Foreign code may have written what it reads: it makes plain values and arrays only."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the few that arrays are made of; raises ``UnpicklingError`` for any other."""
        if (module, name) not in _ARRAYS:
            raise pickle.UnpicklingError(f"it holds a {module}.{name}")
        return super().find_class(module, name)


def _read(frame: bytes) -> tuple[str, Any]:
    """Kind and value of a frame; raises ``BadAnswer``."""
    try:
        kind, value = _PlainValues(io.BytesIO(frame)).load()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is no answer
        raise BadAnswer(f"its answer cannot be read: {error}"[:200]) from None
    if kind not in {BEGUN, DONE, FAILED}:
        raise BadAnswer("its answer cannot be read")
    return kind, value


def _environment() -> dict[str, str]:
    """What the process may know: our secrets stay here, and it finds the modules that we find."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return threads | kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
