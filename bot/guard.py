"""Guard: who is it, may they speak, and not too fast; strangers stop here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from bot.buckets import Rate, Seen, Throttle
from bot.screen import Person, Screen
from bot.texts import Texts
from engine.core.account import Account
from engine.services.office import Office

Registration = Callable[
    [Office, Texts, Person, str], Awaitable[tuple[Account | None, Screen | None]]
]
"""Account and greeting for who may come in; for a stranger no account and one polite line."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one person may go; ``strangers`` bounds what costs a look-up of an invite."""

    everybody: Rate = field(default=Rate(3.0, 25.0))
    strangers: Rate = field(default=Rate(1 / 60, 5.0))


class Haste(Enum):
    """Whether somebody goes too fast."""

    FINE = auto()
    FIRST_TIME = auto()
    AGAIN = auto()


@dataclass(frozen=True, slots=True)
class Admission:
    """``account`` when the person may act; ``screen`` is all the answer when it is given."""

    account: Account | None = None
    screen: Screen | None = None


class Guard:
    """Holds nothing but rates: account and role are looked up for every act."""

    def __init__(
        self, office: Office, texts: Texts, register: Registration, pace: Pace | None = None
    ) -> None:
        self._office = office
        self._texts = texts
        self._register = register
        pace = pace or Pace()
        self._everybody = Throttle(pace.everybody)
        self._strangers = Throttle(pace.strangers)
        self._hasty = Seen()
        self._told = Seen()

    def haste(self, person: Person, now: float) -> Haste:
        """Count an act of a person, before any work for it is done; ``now`` in steady seconds."""
        if self._everybody.allows(person.telegram_id, now):
            self._hasty.forget(person.telegram_id)
            return Haste.FINE
        first = self._hasty.first(person.telegram_id)
        return Haste.FIRST_TIME if first else Haste.AGAIN

    async def admit(self, person: Person, text: str, now: float) -> Admission:
        """Look up who it is; ``text`` is what they wrote, "" for a tap.

        Whoever has no account may open the door with an invite; everybody else gets one polite
        line, once.
        """
        account = await self._known(person)
        if account is not None:
            return Admission(account)
        command, _, payload = text.strip().partition(" ")
        payload = payload.strip() if command.partition("@")[0].lower() == "/start" else ""
        if not payload and not self._told.first((person.telegram_id, "")):
            return Admission()
        if not self._strangers.allows(person.telegram_id, now):
            return Admission()
        account, screen = await self._register(self._office, self._texts, person, payload)
        if account is not None:
            return Admission(account, screen)
        if payload and not self._told.first((person.telegram_id, payload)):
            return Admission()
        return Admission(screen=screen)

    async def _known(self, person: Person) -> Account | None:
        """The active account; one that could not be reached writes again, so it can."""
        async with self._office.storage.reading() as unit:
            account = await unit.accounts.by_telegram(person.telegram_id)
        if account is None or not account.active:
            return None
        if not account.reachable:
            await set_reachable(self._office, person.telegram_id, reachable=True)
            return replace(account, reachable=True)
        return account


async def set_reachable(office: Office, telegram_id: int, *, reachable: bool) -> Account | None:
    """Note whether a person can be written to; the account when this is news."""
    async with office.storage.system() as unit:
        account = await unit.accounts.by_telegram(telegram_id)
        if account is None or account.reachable is reachable:
            return None
        await unit.accounts.set_reachable(account.id, reachable=reachable)
        await unit.commit()
    return replace(account, reachable=reachable)
