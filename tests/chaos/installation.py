"""One installation under chaos: service and both servers as three processes, and its people."""

import asyncio
import math
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.server import ChatOptions
from engine.exchange.simulator.server import ExchangeOptions
from engine.runtime.clock import wall_ms
from storage.vault import new_master_key
from tests.chaos import processes
from tests.chaos.processes import Program
from tests.journeys.person import Person
from tests.journeys.service import START_PATIENCE
from tests.journeys.world import _CONFIG, OPERATOR, TOKEN

# Two names of the exchange's address, to tell two services apart.
_HOSTS = ("127.0.0.1", "localhost")
_SAYS = b"reconciled and trading"


class Skipper:
    """The service: started, killed, paused; ``starts`` are the seconds until it traded.

    ``deaths`` are the instants (ms since the epoch) at which it ended, ``ousted`` those at which
    another one took its database over, with the host name under which it knew the exchange.
    ``awake_since`` is the instant since which it trades and was not paused.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "skipper.toml"
        self.log = folder / "log"
        self.starts: list[float] = []
        self.deaths: list[float] = []
        self.ousted: list[tuple[float, str]] = []
        self.awake_since = math.inf
        self.process: Program | None = None
        self._began = (0.0, 0)

    def begin(self) -> Program:
        """Run it, without waiting."""
        self.log.touch()
        size = self.log.stat().st_size
        self._began = (time.monotonic(), size)
        self.process = processes.skipper(self.log, "run", "--config", str(self.config))
        return self.process

    async def ready(self) -> None:
        """Wait until it says that it trades."""
        began, size = self._began
        process = self.process
        assert process is not None
        async with asyncio.timeout(START_PATIENCE):
            while _SAYS not in self.log.read_bytes()[size:]:
                assert process.returncode is None, self.tail()
                await asyncio.sleep(0.01)
        self.starts.append(time.monotonic() - began)
        self.awake_since = wall_ms()

    async def start(self) -> None:
        self.begin()
        await self.ready()

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP: it stands still and does not know it."""
        self.awake_since = math.inf
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        self._signal(signal.SIGCONT)
        self.awake_since = wall_ms()

    async def usurp(self) -> Program | None:
        """Freeze it and let another one take its database over; returns the frozen one.

        None when that could not start, because the frozen one held the database: one that starts
        after the death of both trades then.
        Nobody may remove the lock as it is done here, and should somebody, money must not be lost.
        """
        self.freeze()
        old, text = self.process, self.config.read_text()
        mine, other = _HOSTS if f"://{_HOSTS[0]}" in _exchange_line(text) else _HOSTS[::-1]
        line = _exchange_line(text)
        self.config.write_text(text.replace(line, line.replace(mine, other)))
        (self.folder / "skipper.db.lock").unlink()
        self.begin()
        try:
            await self.ready()
        except (AssertionError, TimeoutError):
            await self.kill()
            self.process = old
            await self.kill()
            await self.start()
            return None
        self.ousted.append((wall_ms(), mine))
        return old

    async def stop(self) -> int:
        """SIGTERM and its exit code."""
        return await self._end(signal.SIGTERM)

    async def migrate(self) -> None:
        """Make the database."""
        command = processes.skipper(self.log, "migrate", "--config", str(self.config))
        assert await command.wait() == 0, self.tail()

    async def start_second(self) -> tuple[int, str]:
        """What becomes of a second service beside this one: exit code and last words."""
        log = self.folder / "second"
        second = processes.skipper(log, "run", "--config", str(self.config))
        try:
            async with asyncio.timeout(START_PATIENCE):
                code = await second.wait()
        finally:
            second.send_signal(signal.SIGKILL)
        return code, log.read_text(errors="replace")[-300:]

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def _signal(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)

    async def _end(self, how: signal.Signals) -> int:
        process, self.process = self.process, None
        self.awake_since = math.inf
        if process is None or process.returncode is not None:
            return 0
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(START_PATIENCE):
            code = await process.wait()
        self.deaths.append(wall_ms())
        return code


def _exchange_line(config: str) -> str:
    section = config.partition("[exchange]")[2]
    return next(line for line in section.splitlines() if line.startswith("base_url"))


class Installation:
    """Service, servers and people; ``speed``: market seconds per real one.

    ``calm_since``: the instant since which nothing goes wrong at the exchange. ``muted``: until
    when which Telegram users could not be written to; user 0 is everybody.
    """

    def __init__(
        self, service: Skipper, http: httpx.AsyncClient, market: httpx.AsyncClient, speed: float
    ) -> None:
        self.service = service
        self.http = http
        self.market = market
        self.speed = speed
        self._people: dict[int, Person] = {}
        self._requests: list[dict[str, Any]] = []
        self.calm_since = 0.0
        self.muted: dict[int, float] = {}

    def person(self, user: int = OPERATOR) -> Person:
        return self._people.setdefault(user, Person(self.http, user))

    async def books(self) -> dict[str, Any]:
        """The exchange's own state, with every request since the beginning."""
        after = {"requests_after": len(self._requests)}
        state = (await self.market.get("/sandbox/state", params=after)).raise_for_status().json()
        # The newest may be unanswered yet: they are read again next time.
        fresh = state["requests"]
        state["requests"] = self._requests + fresh
        self._requests += fresh[:-20]
        return state

    async def fault(self, **what: Any) -> None:
        """Let something go wrong at the exchange."""
        self.calm_since = math.inf
        (await self.market.post("/sandbox/faults", json=what)).raise_for_status()

    async def chat_fault(self, **what: Any) -> None:
        """Let something go wrong in the chat."""
        self.muted[what.get("chat", 0)] = math.inf
        (await self.http.post("/sandbox/faults", json=what)).raise_for_status()

    async def heal(self) -> None:
        """From now on nothing goes wrong."""
        (await self.market.delete("/sandbox/faults")).raise_for_status()
        (await self.http.delete("/sandbox/faults")).raise_for_status()
        if self.calm_since == math.inf:
            self.calm_since = wall_ms()
        for user, until in self.muted.items():
            self.muted[user] = min(until, wall_ms())

    async def cut(self, **what: Any) -> None:
        """Cut connections to the exchange, or announce that they will be."""
        self.calm_since = math.inf
        (await self.market.post("/sandbox/disconnect", json=what)).raise_for_status()


@asynccontextmanager
async def installation(
    folder: Path, *, speed: float, seed: int, start_ms: int | None = None
) -> AsyncIterator[Installation]:
    """Both servers up and a configured service that is not started yet."""
    options = ExchangeOptions(port=0, seed=seed, speed=speed, start_ms=start_ms)
    servers = [processes.exchange(options), processes.chat(ChatOptions(port=0, token=TOKEN))]
    service = Skipper(folder)
    try:
        exchange_url, chat_url = [(await server.url()).rstrip("/") for server in servers]
        new_master_key(folder / "master.key")
        text = _CONFIG.format(
            token=TOKEN, chat_url=f"{chat_url}/bot", chat_file_url=f"{chat_url}/file/bot",
            operator=OPERATOR, exchange_url=exchange_url, speed=speed,
        )  # fmt: skip
        service.config.write_text(text)
        async with (
            httpx.AsyncClient(base_url=chat_url, trust_env=False, timeout=20) as http,
            httpx.AsyncClient(base_url=exchange_url, trust_env=False, timeout=20) as market,
        ):
            yield Installation(service, http, market, speed)
    finally:
        await service.kill()
        for server in servers:
            server.send_signal(signal.SIGKILL)
            await server.wait()
