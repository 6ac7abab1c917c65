"""Gate: who may call Telegram now; rates per chat and over all, pauses, priorities."""

import asyncio
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count

from bot.buckets import Bucket, Rate

_MOST_CHATS = 10_000


class Priority(IntEnum):
    """Who goes first; answers to taps never wait and are not listed."""

    ALERT = 0
    REPLY = 1
    CARD = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits: messages per chat and over all, edits per chat.

    What a person asked for has a rate of its own, ``asked``: it answers a tap or a message, so the
    person's pace bounds it, and it never uses up what an alert needs. Cards that redraw themselves
    keep to ``edits`` too. When ``storm_chats`` chats are told to wait within ``storm_seconds``,
    everybody waits.
    """

    unasked: Rate = field(default=Rate(1.0, 5.0))
    asked: Rate = field(default=Rate(1.0, 20.0))
    edits: Rate = field(default=Rate(20 / 60, 20.0))
    overall: Rate = field(default=Rate(30.0, 30.0))
    storm_chats: int = 3
    storm_seconds: float = 5.0


@dataclass(slots=True)
class _Chat:
    unasked: Bucket
    asked: Bucket
    edits: Bucket
    paused_until: float = 0.0

    def idle(self, now: float) -> bool:
        buckets = (self.unasked, self.asked, self.edits)
        return self.paused_until <= now and all(bucket.full(now) for bucket in buckets)

    def bucket(self, priority: Priority) -> Bucket:
        return self.asked if priority is Priority.REPLY else self.unasked


@dataclass(order=True, slots=True)
class _Ticket:
    priority: Priority
    number: int
    chat_id: int = field(compare=False)
    edit: bool = field(compare=False)
    go: asyncio.Future[None] = field(compare=False)


class Gate:
    """Hands out turns in order of priority, then of asking. Seconds are the event loop's."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._chats: dict[int, _Chat] = {}
        self._overall: Bucket | None = None
        self._all_paused_until = 0.0
        self._floods: deque[tuple[float, int]] = deque(maxlen=64)
        self._waiting: list[_Ticket] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self.flood_count = 0

    async def turn(self, chat_id: int, priority: Priority, *, edit: bool = False) -> None:
        """Wait until this chat may be written to."""
        loop = asyncio.get_running_loop()
        go: asyncio.Future[None] = loop.create_future()
        ticket = _Ticket(priority, next(self._numbers), chat_id, edit, go)
        insort(self._waiting, ticket)
        self._pump()
        try:
            await go
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def pause(self, chat_id: int, seconds: float) -> None:
        """Telegram asked for silence in a chat."""
        now = asyncio.get_running_loop().time()
        chat = self._chat(chat_id, now)
        chat.paused_until = max(chat.paused_until, now + seconds)
        self.flood_count += 1
        self._floods.append((now, chat_id))
        recent = {chat for at, chat in self._floods if now - at <= self._limits.storm_seconds}
        if len(recent) >= self._limits.storm_chats:
            self._all_paused_until = max(self._all_paused_until, now + seconds)

    def paused(self, chat_id: int) -> float:
        """Seconds for which a chat takes nothing."""
        now = asyncio.get_running_loop().time()
        chat = self._chats.get(chat_id)
        until = max(self._all_paused_until, chat.paused_until if chat else 0.0)
        return max(0.0, until - now)

    def _pump(self) -> None:
        """Let everybody go whose time has come, and come back when the next one's has."""
        loop = asyncio.get_running_loop()
        now, soonest = loop.time(), float("inf")
        for ticket in list(self._waiting):
            wait = self._wait(ticket, now)
            if wait <= 0:
                self._admit(ticket, now)
            soonest = min(soonest, wait) if wait > 0 else soonest
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._timer = loop.call_later(max(soonest, 0.001), self._pump)

    def _admit(self, ticket: _Ticket, now: float) -> None:
        self._waiting.remove(ticket)
        if ticket.go.done():
            return
        chat = self._chat(ticket.chat_id, now)
        chat.bucket(ticket.priority).take(now)
        if ticket.edit:
            chat.edits.take(now)
        self._total(now).take(now)
        ticket.go.set_result(None)

    def _wait(self, ticket: _Ticket, now: float) -> float:
        if ticket.go.done():
            return 0.0
        chat = self._chat(ticket.chat_id, now)
        waits = [
            self._all_paused_until - now,
            chat.paused_until - now,
            self._total(now).wait(now),
            chat.bucket(ticket.priority).wait(now),
        ]
        if ticket.edit and ticket.priority is Priority.CARD:
            waits.append(chat.edits.wait(now))
        return max(waits)

    def _total(self, now: float) -> Bucket:
        if self._overall is None:
            self._overall = Bucket(self._limits.overall, now)
        return self._overall

    def _chat(self, chat_id: int, now: float) -> _Chat:
        known = self._chats.get(chat_id)
        if known is not None:
            return known
        if len(self._chats) >= _MOST_CHATS:
            self._chats = {key: chat for key, chat in self._chats.items() if not chat.idle(now)}
        limits = self._limits
        made = _Chat(
            Bucket(limits.unasked, now), Bucket(limits.asked, now), Bucket(limits.edits, now)
        )
        self._chats[chat_id] = made
        return made
