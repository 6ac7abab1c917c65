"""The vault: exchange secrets are stored encrypted, each user's under a key of its own.

The master key lies in a file outside the database. A user's key is derived from it (HKDF-SHA256,
RFC 5869), so a ciphertext that was moved to another user's row does not open; what it is for is
written inside as well.
"""

import base64
import binascii
import json
import os
import secrets
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import ConfigError
from engine.ports.account import Vault
from engine.ports.storage import Storage

VERSION = 1
KEY_BYTES = 32
_PURPOSE = "exchange credentials"
_CANARY = b"skipper canary"
_RESTORE = "put the right master key file back, or remove the key and add it again"


class FernetVault:
    """Encrypts under keys derived from one master key (``engine.ports.account.Vault``)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigError(f"the master key must have {KEY_BYTES} bytes")
        self._master = master

    def seal(self, owner_id: int, credentials: Credentials) -> bytes:
        """Ciphertext that only this owner's derived key opens."""
        content = {
            "version": VERSION,
            "purpose": _PURPOSE,
            "owner": owner_id,
            "environment": credentials.environment.value,
            "api_key": credentials.api_key,
            "secret": credentials.secret,
        }
        return self._of_owner(owner_id).encrypt(json.dumps(content).encode())

    def open(self, owner_id: int, sealed: bytes) -> Credentials:
        """The credentials; raises ``ConfigError`` when owner, key or content do not fit."""
        try:
            content = json.loads(self._of_owner(owner_id).decrypt(sealed))
            about = (content["version"], content["purpose"], content["owner"])
            if about != (VERSION, _PURPOSE, owner_id):
                raise ConfigError(f"a stored exchange key is not what it should be: {_RESTORE}")
            return Credentials(
                content["api_key"], content["secret"], Environment(content["environment"])
            )
        except InvalidToken:
            raise ConfigError(f"a stored exchange key does not open: {_RESTORE}") from None
        except (KeyError, TypeError, ValueError):
            # The cause would show what was decrypted.
            raise ConfigError(f"a stored exchange key is malformed: {_RESTORE}") from None

    def canary(self) -> bytes:
        """A token that only this master key opens."""
        return self._derived("skipper/v1/canary").encrypt(_CANARY)

    def made(self, token: bytes) -> bool:
        """Whether a canary's token is of this master key."""
        try:
            return self._derived("skipper/v1/canary").decrypt(token) == _CANARY
        except InvalidToken:
            return False

    def check_canary(self, token: bytes) -> None:
        """Raise ConfigError unless this master key made the token."""
        if not self.made(token):
            raise ConfigError(
                "the master key is not the one this database was made with: "
                "put the right master key file back"
            )

    def _of_owner(self, owner_id: int) -> Fernet:
        return self._derived(f"skipper/v1/cred/user:{owner_id}")

    def _derived(self, info: str) -> Fernet:
        hkdf = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=info.encode())
        return Fernet(base64.urlsafe_b64encode(hkdf.derive(self._master)))


class SqlKeyRing:
    """Secrets out of the database (``engine.ports.account.KeyRing``), opened per use."""

    def __init__(self, storage: Storage, vault: Vault) -> None:
        self._storage = storage
        self._vault = vault

    async def credentials(self, key_id: int) -> Credentials:
        """The key with its secret; raises ``NotFound``, or ``ConfigError`` (wrong master key)."""
        async with self._storage.reading() as unit:
            owner_id, sealed = await unit.keys.sealed(key_id)
        return self._vault.open(owner_id, sealed)


def new_master_key(path: Path) -> bytes:
    """Make a master key file that only its owner may read; raises ConfigError if it exists."""
    master = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        raise ConfigError(f"master key {path}: a file is there already, it is kept") from None
    except OSError as error:
        raise ConfigError(f"master key {path} cannot be made: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(base64.urlsafe_b64encode(master) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return master


def load_master_key(path: Path) -> bytes:
    """Read a master key file; raises ConfigError saying what is wrong and what to do."""
    try:
        # Opening a pipe must not wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ConfigError(
            f"master key {path} is missing: make one with 'skipper keys new-master', "
            "or put the old file back"
        ) from None
    except OSError as error:
        why = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise ConfigError(f"master key {path} cannot be read: {why}") from None
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"master key {path} is not a regular file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"master key {path} is open to other users: chmod 0400 {path}")
        return _decoded(path, os.read(handle, 4096).strip())
    finally:
        os.close(handle)


def _decoded(path: Path, text: bytes) -> bytes:
    if not text:
        raise ConfigError(f"master key {path} is empty: put the old file back")
    try:
        master = base64.b64decode(text, altchars=b"-_", validate=True)
    except binascii.Error:
        master = b""
    if len(master) != KEY_BYTES:
        raise ConfigError(f"master key {path} is malformed: put the old file back")
    return master
