"""Accounts and keys as seen without the right to trade."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.account import Credentials, KeyRights


@dataclass(frozen=True, slots=True)
class Balance:
    """Free and locked amount of an asset."""

    free: Decimal
    locked: Decimal


class KeyCheck(Protocol):
    """Tries keys against the exchange."""

    async def check_key(self, credentials: Credentials) -> KeyRights:
        """Rights and balances of a key; raises ``KeyRefused`` or ``Unavailable``."""
        ...


class KeyRing(Protocol):
    """Where a key's secret comes from."""

    async def credentials(self, key_id: int) -> Credentials:
        """The key with its secret; raises ``NotFound``, or ``ConfigError`` (wrong master key)."""
        ...


class Vault(Protocol):
    """Encrypts credentials for one owner; plain text never leaves it but as ``Credentials``."""

    def seal(self, owner_id: int, credentials: Credentials) -> bytes:
        """Ciphertext that only this owner's derived key opens."""
        ...

    def open(self, owner_id: int, sealed: bytes) -> Credentials:
        """The credentials; raises ``ConfigError`` when owner, key or content do not fit."""
        ...
