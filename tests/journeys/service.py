"""The service as its own process, started, stopped, killed and asked like an operator does."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

START_PATIENCE = 30.0
SKIPPER = (sys.executable, "-m", "bot")


class Service:
    """One `skipper run` and the commands beside it; its log is kept in ``folder/log``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "skipper.toml"
        self.log = folder / "log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id of the running service."""
        assert self._process is not None, "the service does not run"
        return self._process.pid

    async def start(self) -> None:
        """Run it; returns once it says that it trades."""
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *SKIPPER, "run", "--config", str(self.config),
                stdout=log, stderr=log, env=self._environment(),
            )  # fmt: skip
        async with asyncio.timeout(START_PATIENCE):
            while b"trading" not in self.log.read_bytes()[before:]:
                assert self._process.returncode is None, self.tail()
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM and its exit code."""
        return await self._end(signal.SIGTERM)

    async def ask(self, *words: str) -> Any:
        """What a reading command prints with --json."""
        process = await asyncio.create_subprocess_exec(
            *SKIPPER, *words, "--json", "--config", str(self.config),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    async def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return 0
        process.send_signal(how)
        async with asyncio.timeout(START_PATIENCE):
            return await process.wait()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
