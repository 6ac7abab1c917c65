"""Keys: tried against the exchange before they are stored, listed, tried again, removed."""

import hashlib
from dataclasses import dataclass

from engine.core.account import Account, Credentials, Key, KeyRights, KeyState
from engine.core.bot import Bot
from engine.core.bot_config import Environment, Mode
from engine.core.errors import Conflict, Forbidden, KeyRefused
from engine.services.office import Office
from engine.services.rights import entry, require_trader


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A key and the names of the bots that trade with it."""

    key: Key
    bots: tuple[str, ...]


def environments(office: Office) -> tuple[Environment, ...]:
    """Where keys may come from on this installation."""
    allowed = (mode for mode in Mode if mode.keyed and mode in office.modes)
    return tuple(Environment(mode.value) for mode in allowed)


def fingerprint(api_key: str) -> str:
    """Eight hexadecimal digits by which people tell keys apart; says nothing about the key."""
    digest = hashlib.sha256(api_key.encode()).hexdigest()
    return f"{digest[:4]}-{digest[4:8]}"


def require_rights(rights: KeyRights, *, transfers: bool = False) -> None:
    """Raise ``Forbidden`` unless the key can trade somewhere and cannot move money out.

    The test network gives out keys for one of the two markets only. With ``transfers`` a key may
    move money between its owner's own wallets.
    """
    if not rights.can_read or not (rights.can_trade_spot or rights.can_trade_futures):
        raise Forbidden("forbidden.key_cannot_trade")
    if rights.can_withdraw:
        raise Forbidden("forbidden.key_can_withdraw")
    if rights.can_transfer_out or (rights.can_transfer and not transfers):
        raise Forbidden("forbidden.key_can_transfer")


async def all_keys(office: Office, account: Account) -> list[KeyCard]:
    """The keys of an account that were not removed, oldest first."""
    async with office.storage.reading(account.id) as unit:
        keys, bots = await unit.keys.all(), await unit.bots.all()
    return [_card(key, bots) for key in keys if key.state is not KeyState.REMOVED]


async def one_key(office: Office, account: Account, public_id: str) -> KeyCard:
    """One key; raises ``NotFound``."""
    async with office.storage.reading(account.id) as unit:
        return _card(await unit.keys.by_public_id(public_id), await unit.bots.all())


async def add_key(
    office: Office, account: Account, label: str, credentials: Credentials
) -> tuple[Key, KeyRights]:
    """Try a key and store it sealed.

    Raises ``KeyRefused`` or ``Unavailable`` (the exchange), ``Forbidden`` (its rights or the
    environment), ``ConfigError`` (the vault), ``Conflict`` (label or key taken).
    """
    require_trader(account)
    if credentials.environment not in environments(office):
        raise Forbidden("forbidden.mode", mode=credentials.environment.value)
    rights = await office.key_check.check_key(credentials)
    require_rights(rights, transfers=office.transfers)
    sealed = office.vault.seal(account.id, credentials)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        key = await unit.keys.add(
            label,
            credentials.environment,
            fingerprint(credentials.api_key),
            sealed,
            now,
            ip_restricted=rights.ip_restricted,
            futures=rights.can_trade_futures,
            transfers=rights.can_transfer,
        )
        await unit.audit.add(
            entry(account, "key.add", key.public_id, now, after=credentials.environment.value)
        )
        await unit.commit()
    _wake(office, key)
    return key, rights


async def recheck_key(office: Office, account: Account, public_id: str) -> KeyRights:
    """Try a stored key again and remember the answer; raises as ``add_key`` does.

    A key that lost futures stays good for spot; its futures bots cannot be started.
    """
    require_trader(account)
    async with office.storage.reading(account.id) as unit:
        key = await unit.keys.by_public_id(public_id)
        _, sealed = await unit.keys.sealed(key.id)
    credentials = office.vault.open(account.id, sealed)
    try:
        rights = await office.key_check.check_key(credentials)
        require_rights(rights, transfers=office.transfers)
    except (KeyRefused, Forbidden) as refused:
        await _mark(office, account, key, KeyState.REFUSED, str(refused))
        raise
    await _mark(office, account, key, KeyState.GOOD, "", rights)
    return rights


async def remove_key(office: Office, account: Account, public_id: str) -> Key:
    """Delete a key's secret; raises ``Conflict`` while a bot uses it."""
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        key = await unit.keys.by_public_id(public_id)
        card = _card(key, await unit.bots.all())
        if card.bots:
            raise used(card)
        await unit.keys.set_state(key.id, KeyState.REMOVED, "", now)
        await unit.audit.add(
            entry(account, "key.remove", key.public_id, now, before=key.state.value)
        )
        await unit.commit()
    _wake(office, key)
    return key


def used(card: KeyCard) -> Conflict:
    """The refusal to remove a key that bots trade with."""
    return Conflict("conflict.key_used", n=len(card.bots), bots=", ".join(card.bots))


async def _mark(
    office: Office,
    account: Account,
    key: Key,
    state: KeyState,
    problem: str,
    rights: KeyRights | None = None,
) -> None:
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        await unit.keys.set_state(key.id, state, problem, now)
        if rights is not None:
            await unit.keys.set_rights(
                key.id,
                futures=rights.can_trade_futures,
                ip_restricted=rights.ip_restricted,
                transfers=rights.can_transfer,
                at=now,
            )
        await unit.audit.add(
            entry(
                account, "key.test", key.public_id, now, before=key.state.value, after=state.value
            )
        )
        await unit.commit()
    _wake(office, key)


def _card(key: Key, bots: list[Bot]) -> KeyCard:
    users = (
        bot.config.name for bot in bots if bot.config.mode.keyed and bot.config.key_id == key.id
    )
    return KeyCard(key, tuple(users))


def _wake(office: Office, key: Key) -> None:
    """Both markets' books of the key are opened anew."""
    for books in ("key", "futures"):
        office.wake.account(f"{books}:{key.id}")
