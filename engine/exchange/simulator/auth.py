"""Who is asking: API keys, signatures over the strings as sent, and the time gate."""

import hashlib
import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.errors import Refused, bad_key, missing
from engine.exchange.simulator.orders import Account

_DEFAULT_WINDOW, _MAX_WINDOW, _AHEAD = 5000.0, 60_000.0, 1000
_MICROSECONDS_FROM = 10**14


def signed_payload(query: str, body: str) -> str:
    """What a REST signature covers: query, then body, as sent and without the signature."""
    return _without_signature(query) + _without_signature(body)


def socket_payload(params: Mapping[str, object]) -> str:
    """What a WebSocket API signature covers: ``name=value`` sorted by name."""
    pairs = sorted((name, value) for name, value in params.items() if name != "signature")
    return "&".join(f"{name}={_plain(value)}" for name, value in pairs)


def account_of(accounts: Mapping[str, Account], key: str | None) -> Account:
    """Account that owns an API key.

    Raises:
        Refused: -2014 without a key, -2015 for an unknown one.
    """
    if not key:
        raise Refused(-2014, "API-key format invalid.", status=401)
    account = accounts.get(key)
    if account is None or account.refused:
        raise bad_key()
    return account


def verify(
    account: Account, payload: str, values: Mapping[str, str], clock: VirtualClock, skew: int = 0
) -> None:
    """Hold a signed request against its signature and the time gate, ``skew`` ms off the clock.

    The gate counts real time: at speed 60 a request may be 60 times as old in virtual ms, so a
    client is as free in a fast demo as at the exchange itself.

    Raises:
        Refused: -1102, -1131, -1022 or -1021.
    """
    for name in ("timestamp", "signature"):
        if not values.get(name):
            raise missing(name)
    window, stamp = _window(values), _stamp(values["timestamp"])
    if not _matches(account.secret, payload, values["signature"]):
        raise Refused(-1022, "Signature for this request is not valid.")
    age = (clock.now() + skew - stamp) / clock.tolerance
    if age <= -_AHEAD:
        raise Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if age > window:
        raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")


def _without_signature(part: str) -> str:
    return "&".join(piece for piece in part.split("&") if not piece.startswith("signature="))


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _window(values: Mapping[str, str]) -> float:
    try:
        window = float(values.get("recvWindow", _DEFAULT_WINDOW))
    except ValueError as error:
        raise missing("recvWindow") from error
    if not 0 < window <= _MAX_WINDOW:
        raise Refused(-1131, "recvWindow must be less than 60000.")
    return window


def _stamp(text: str) -> int:
    if not text.isdecimal():
        raise missing("timestamp")
    stamp = int(text)
    return stamp // 1000 if stamp >= _MICROSECONDS_FROM else stamp


def _matches(secret: str, payload: str, signature: str) -> bool:
    if not secret.lstrip().startswith("-----BEGIN"):
        wanted = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), signature.lower().encode())
    try:
        _public_key(secret).verify(b64decode(unquote(signature), validate=True), payload.encode())
    except (InvalidSignature, Base64Error):
        return False
    return True


def _public_key(pem: str) -> Ed25519PublicKey:
    """Ed25519 key that an account has; a private one stands for its public half."""
    if "PRIVATE" in pem:
        private = load_pem_private_key(pem.encode(), None)
        if isinstance(private, Ed25519PrivateKey):
            return private.public_key()
    else:
        public = load_pem_public_key(pem.encode())
        if isinstance(public, Ed25519PublicKey):
            return public
    raise bad_key()
