"""Instance lock: one process trades the accounts of one database."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Self


class AlreadyRunning(Exception):
    """Another process holds the lock; ``pid`` is its process id, 0 when it left none."""

    def __init__(self, pid: int, path: Path) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"Skipper is running already: {who} holds {path}")
        self.pid = pid


class InstanceLock:
    """An exclusive lock on a file; the system releases it when the process dies, however.

    The file stays: deleting it would let two processes lock two files of the same name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take it; raises ``AlreadyRunning``, or OSError when the file cannot be made."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(_written_pid(self.path), self.path) from None
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid()}, file)
        file.flush()
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def holder(path: Path) -> int | None:
    """Process id of whoever holds the lock (0 when it left none), None when it is free."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _written_pid(path)
    return None


def _written_pid(path: Path) -> int:
    try:
        pid = json.loads(path.read_text(encoding="utf-8")).get("pid", 0)
    except (OSError, ValueError, AttributeError):
        return 0
    return pid if isinstance(pid, int) else 0
