"""The other side of ``worker``: reads requests, runs them, writes answers.

Frames are a length and a pickle. A request is (modules to import, ``module:function``, arguments);
its answers are BEGUN once the modules are there, then DONE with the value or FAILED with words.
"""

import importlib
import os
import pickle
import queue
import resource
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

HEADER = ">I"
LONGEST = 64 * 1024 * 1024
BEGUN, DONE, FAILED = "begun", "done", "failed"
_MEMORY = 4 * 1024**3
_NICE = 10
_WORDS = 300
Request = tuple[tuple[str, ...], str, tuple[Any, ...]]


def main() -> None:
    """Serve until the other side is gone."""
    answers = _private_stdout()
    _be_modest()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        _serve(requests.get(), answers)


def _serve(request: Request, answers: BinaryIO) -> None:
    imports, name, args = request
    try:
        for module in imports:
            importlib.import_module(module)
        module, _, attribute = name.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        _write(answers, BEGUN, None)
        _write(answers, DONE, function(*args))
    except BaseException as error:  # noqa: BLE001 - the boundary: foreign code may raise anything
        _write(answers, FAILED, f"{type(error).__name__}: {error}"[:_WORDS])


def _write(answers: BinaryIO, kind: str, value: object) -> None:
    frame = pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL)
    if len(frame) > LONGEST:
        raise ValueError(f"an answer of {len(frame)} bytes")
    answers.write(struct.pack(HEADER, len(frame)) + frame)
    answers.flush()


def _read(requests: "queue.SimpleQueue[Request]") -> None:
    """Also while a request runs: when the other side is gone, this process ends."""
    source = sys.stdin.buffer
    size = struct.calcsize(HEADER)
    while header := source.read(size):
        body = source.read(struct.unpack(HEADER, header)[0])
        requests.put(pickle.loads(body))  # noqa: S301 - from the process that started this one
    os._exit(0)


def _private_stdout() -> BinaryIO:
    """The pipe of the answers; what foreign code prints goes to the log instead."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _be_modest() -> None:
    """Trading comes first: less processor time, bounded memory, first to go when it runs out."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main()
