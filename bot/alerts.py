"""Alerts: drains the outbox into the chats, each chat in order, none waiting for another.

A row is claimed, drawn, sent, and marked with its message id. Telegram knows no idempotency key:
where nobody can tell whether a message arrived (the line broke after sending, or the process died
before marking), it is sent again, under the same number and marked as a possible repeat: but only
while Telegram answers, so that an outage neither repeats it endlessly nor makes it be given up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.post import (
    Flooded,
    MaybeDelivered,
    Post,
    PostError,
    Undeliverable,
    Unreachable,
)
from bot.screen import Screen
from bot.texts import Texts
from engine.core.events import OutboxRow
from engine.ports.clock import Clock
from engine.ports.storage import Storage
from engine.runtime.nursery import Nursery

Draw = Callable[[OutboxRow, Texts], Screen]

CLAIM = 50
LANE = 50
PUT_BACK_MS = 60_000
UNKNOWN_MOST = 4
_log = structlog.get_logger("chat.alerts")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Real seconds: between looks at the outbox, and after failures, doubling up to ``most``."""

    look: float = 5.0
    first: float = 1.0
    most: float = 60.0


@dataclass(slots=True)
class _Letter:
    row: OutboxRow
    repeat: bool
    unknown: int = 0
    message_id: int | None = None


@dataclass(slots=True)
class _Lane:
    """One person's alerts, oldest first; ``hurry`` ends a pause early."""

    owner_id: int
    letters: deque[_Letter] = field(default_factory=deque)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    parked: bool = False


class Alerts:
    """The only sender of what nobody asked for; ``wake`` is set when an alert became due."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        texts: Texts,
        draw: Draw,
        post: Post,
        nursery: Nursery,
        wake: asyncio.Event,
        pauses: Pauses | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._texts = texts
        self._draw = draw
        self._post = post
        self._nursery = nursery
        self._wake = wake
        self._pauses = pauses or Pauses()
        self._lanes: dict[int, _Lane] = {}
        self._held: dict[int, int] = {}
        self._quiet = asyncio.Event()
        self._released = False
        self._unsent: set[int] = set()

    async def run(self) -> None:
        """Drain for ever; a service for the nursery."""
        await self._release()
        while True:
            self._wake.clear()
            if await self._claim() == CLAIM:
                continue
            try:
                async with asyncio.timeout(self._pauses.look):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def resume(self, owner_id: int | None = None) -> None:
        """A person can be written to again, or (None) Telegram is back: do not wait longer."""
        lanes = self._lanes.values() if owner_id is None else [self._lanes.get(owner_id)]
        for lane in lanes:
            if lane is not None and not (owner_id is None and lane.parked):
                lane.hurry.set()

    async def flush(self, seconds: float) -> bool:
        """Send what is due, for at most so many real seconds; whether nothing is left."""
        try:
            async with asyncio.timeout(seconds):
                while await self._claim() == CLAIM:
                    pass
                while any(not lane.parked for lane in self._lanes.values()):
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            return False
        return True

    async def _release(self) -> None:
        """Once per process: what a dead one had claimed is due again, as possible repeats."""
        if self._released:
            return
        async with self._storage.system() as unit:
            count = await unit.outbox.release_claimed()
            await unit.commit()
        self._released = True
        if count:
            _log.warning("alerts may have been sent before the last stop", count=count)

    async def _claim(self) -> int:
        now = self._clock.now_ms()
        async with self._storage.system() as unit:
            rows = await unit.outbox.claim(limit=CLAIM, at=now)
            await unit.commit()
        self._held = {owner: until for owner, until in self._held.items() if now < until}
        left = [letter for row in rows if (letter := self._lined_up(row, now)) is not None]
        for letter in left:
            try:
                await self._set_aside(letter)
            except Exception:  # noqa: BLE001 - the memory failed: then the lane is longer for once
                _log.exception("an alert was not set aside", alert=letter.row.id)
                self._lane(letter.row.alert.owner_id).letters.append(letter)
        return len(rows)

    def _lined_up(self, row: OutboxRow, now: int) -> _Letter | None:
        """Put a claimed row into its owner's lane; what must be set aside, if anything.

        A full lane holds back what comes later too, so that the order stays. Where nobody can be
        written to, the newest are kept.
        """
        owner_id = row.alert.owner_id
        letter = _Letter(row, repeat=row.attempts > 1 and row.id not in self._unsent)
        lane = self._lane(owner_id)
        if owner_id not in self._held and len(lane.letters) < LANE:
            lane.letters.append(letter)
            return None
        if lane.parked:
            lane.letters.append(letter)
            return lane.letters.popleft()
        self._held.setdefault(owner_id, now + PUT_BACK_MS)
        return letter

    def _lane(self, owner_id: int) -> _Lane:
        lane = self._lanes.get(owner_id)
        if lane is None:
            lane = self._lanes[owner_id] = _Lane(owner_id)
            self._nursery.start(f"alerts to {owner_id}", self._serve(lane))
        return lane

    async def _set_aside(self, letter: _Letter) -> None:
        row = letter.row
        until = self._held.get(row.alert.owner_id)
        if until is None:
            await self._give_up(letter, "nobody to write to")
            return
        async with self._storage.system() as unit:
            await unit.outbox.retry(row.id, until)
            await unit.commit()
        if not letter.repeat:
            self._unsent.add(row.id)

    async def _serve(self, lane: _Lane) -> None:
        """Deliver one person's alerts in order, until none is left."""
        failures = 0
        while lane.letters:
            letter = lane.letters[0]
            lane.hurry.clear()
            pause = await self._deliver(lane, letter, failures)
            if pause is None:
                failures = 0
                if lane.letters and lane.letters[0] is letter:
                    lane.letters.popleft()
                continue
            failures += 1
            try:
                async with asyncio.timeout(None if lane.parked else pause):
                    await lane.hurry.wait()
            except TimeoutError:
                continue
        del self._lanes[lane.owner_id]
        self._quiet.set()

    async def _deliver(self, lane: _Lane, letter: _Letter, failures: int) -> float | None:
        """Try one alert: None when it is done with, else the seconds to wait."""
        backoff = min(self._pauses.most, self._pauses.first * 2.0 ** min(failures, 10))
        lane.parked = False
        if letter.unknown and letter.message_id is None and not await self._post.answers():
            return backoff
        try:
            await self._send(letter)
        except Flooded as flood:
            return flood.seconds
        except Unreachable:
            lane.parked = True
            self._quiet.set()
            return backoff
        except Undeliverable as error:
            return await self._bury(letter, str(error), backoff)
        except MaybeDelivered as error:
            letter.repeat = True
            letter.unknown += 1
            if letter.unknown >= UNKNOWN_MOST:
                return await self._bury(letter, f"outcome unknown: {error}", backoff)
            return backoff
        except PostError as error:
            _log.info("an alert waits", alert=letter.row.id, why=str(error))
            return backoff
        except Exception:  # noqa: BLE001 - the memory failed: the alert stays first in its lane
            _log.exception("an alert waits", alert=letter.row.id)
            return backoff
        return None

    async def _send(self, letter: _Letter) -> None:
        """Draw, send, mark; what was sent before is only marked."""
        row = letter.row
        async with self._storage.reading() as unit:
            account = await unit.accounts.get(row.alert.owner_id)
            trade = row.alert.trade_ref
            head = None if trade is None else await unit.outbox.thread_head(trade)
        if letter.message_id is None:
            if not account.active:
                raise Undeliverable("the account is switched off")
            if not account.reachable:
                raise Unreachable(f"account {account.id}")
            letter.message_id = await self._post.send_alert(
                account.telegram_id, self._screen(letter, head)
            )
        async with self._storage.system() as unit:
            await unit.outbox.mark_sent(row.id, letter.message_id)
            await unit.commit()
        self._unsent.discard(row.id)

    def _screen(self, letter: _Letter, head: int | None) -> Screen:
        """The drawn alert; more than one attempt means: you may have seen it.

        One that cannot be drawn still names what happened.
        """
        row = replace(letter.row, attempts=2 if letter.repeat else 1)
        try:
            screen = self._draw(row, self._texts)
        except Exception:  # noqa: BLE001 - the boundary: a missing figure must not hide an event
            _log.exception("an alert cannot be drawn", alert=row.id, kind=row.alert.kind.value)
            screen = Screen(self._texts.say("chat.undrawn", kind=row.alert.kind.value))
        return replace(screen, reply_to=head)

    async def _bury(self, letter: _Letter, why: str, backoff: float) -> float | None:
        try:
            await self._give_up(letter, why)
        except Exception:  # noqa: BLE001 - the memory failed: said again after a pause
            _log.exception("an alert waits", alert=letter.row.id)
            return backoff
        return None

    async def _give_up(self, letter: _Letter, why: str) -> None:
        _log.error("an alert was given up", alert=letter.row.id, why=why)
        async with self._storage.system() as unit:
            await unit.outbox.give_up(letter.row.id, why)
            await unit.commit()
        self._unsent.discard(letter.row.id)
