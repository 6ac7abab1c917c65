"""Budget: how often models may be asked, by one user and by everybody."""

from dataclasses import dataclass, field

from engine.core.hours import day_of, day_starts
from engine.ports.clock import Clock
from engine.ports.storage import Storage

SPACING_MS = 30_000
"""Real milliseconds between two analyses of one user."""
GATHERING = 0.2
"""Real seconds in which judges of one user that ask about the same moment are gathered."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls on a day: ``used`` of ``limit`` by one user."""

    used: int
    limit: int


@dataclass(slots=True)
class Budget:
    """Says whether a judge may ask now, and counts what it is granted.

    Calls are counted from the stored analyses, so that a restart forgets none; those under way are
    added. A user's day is that of his limits, the installation's the UTC day. Between two
    analyses of a user lie 30 real seconds; of the judges that ask at the same moment the one
    whose last turn is longest ago gets it, so that no bot of a user starves another.
    """

    storage: Storage
    clock: Clock
    per_user: int
    per_day: int
    _last: dict[int, int] = field(default_factory=dict)
    _served: dict[tuple[int, str], int] = field(default_factory=dict)
    _asking: dict[int, set[str]] = field(default_factory=dict)
    _under_way: dict[int, int] = field(default_factory=dict)

    async def take(self, owner_id: int, judge: str) -> str:
        """Empty when ``judge`` (a name that stays) may ask now, else why not.

        ``spacing``, ``user`` (the user's calls of the day are used up) or ``all``. What was
        granted must be given back with ``done``.
        """
        if not await self._turn(owner_id, judge):
            return "spacing"
        # Taken before anything is read: nobody else of this user gets in between.
        was, self._last[owner_id] = self._last.get(owner_id, 0), self.clock.now_ms()
        self._under_way[owner_id] = self._under_way.get(owner_id, 0) + 1
        refused = "failed"
        try:
            refused = await self._used_up(owner_id)
        finally:
            if refused:
                self.done(owner_id)
                self._last[owner_id] = was
        return refused

    def done(self, owner_id: int) -> None:
        """A granted call is stored now, or was never made."""
        self._under_way[owner_id] -= 1

    async def of(self, owner_id: int) -> Allowance:
        """What a user has used of the day's calls, this moment's own call not counted."""
        now = self.clock.now_ms()
        async with self.storage.reading() as unit:
            limits = await unit.limits.get(owner_id)
            since = day_starts(day_of(now, limits.day_zone), limits.day_zone)
            used = await unit.analyses.count_since(owner_id, since)
        chosen = self.per_user if limits.ai_calls is None else limits.ai_calls
        return Allowance(used, min(chosen, self.per_user))

    async def _used_up(self, owner_id: int) -> str:
        allowance = await self.of(owner_id)
        if allowance.used >= allowance.limit:
            return "user"
        return "all" if await self._used_by_all() >= self.per_day else ""

    async def _used_by_all(self) -> int:
        since = day_starts(day_of(self.clock.now_ms()))
        async with self.storage.reading() as unit:
            stored = await unit.analyses.count_all_since(since)
        return stored + sum(self._under_way.values()) - 1

    async def _turn(self, owner_id: int, judge: str) -> bool:
        asking = self._asking.setdefault(owner_id, set())
        asking.add(judge)
        try:
            await self.clock.sleep_real(GATHERING)
            first = min(asking, key=lambda name: (self._served.get((owner_id, name), 0), name))
        finally:
            # One that was cancelled meanwhile must not keep its turn for ever.
            asking.discard(judge)
        now, last = self.clock.now_ms(), self._last.get(owner_id)
        if first != judge or (last and (now - last) / self.clock.rate < SPACING_MS):
            return False
        self._served[owner_id, judge] = now
        return True
