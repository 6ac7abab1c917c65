"""Client order ids: derived from who decided what, and read back without the database."""

from dataclasses import dataclass

from engine.core.order import Leg

INSTALL_LENGTH = 4
"""Characters that name the installation at the beginning of an id's install part."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Number in lower-case base 36."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if number == 0:
            return text


def client_order_id(install: str, bot_id: int, decision: int, leg: Leg, attempt: int) -> str:
    """Id derived from who decided what: ``sk<install>-<bot>-<decision>-<leg><attempt>``.

    ``install`` holds letters and digits and ends in the boot number, so that a restored backup
    never repeats an id. At most 36 characters of ``[A-Za-z0-9-]``, as spot and futures allow.
    """
    return f"sk{install}-{base36(bot_id)}-{base36(decision)}-{leg.value}{base36(attempt)}"


def list_client_id(client_id: str) -> str:
    """Client id of the OCO list that holds the target leg ``client_id``."""
    head, _, tail = client_id.rpartition("-")
    return f"{head}-l{tail[1:]}"


@dataclass(frozen=True, slots=True)
class DecodedId:
    """What a client order id of ours says without the database."""

    install: str
    bot_id: int
    decision: int
    leg: str
    attempt: int


def decode_client_id(client_id: str) -> DecodedId | None:
    """Parts of an id of ours, or None for a foreign one."""
    parts = client_id.split("-")
    if len(parts) != 4 or not parts[0].startswith("sk") or len(parts[3]) < 2:
        return None
    try:
        return DecodedId(
            parts[0][2:], int(parts[1], 36), int(parts[2], 36), parts[3][0], int(parts[3][1:], 36)
        )
    except ValueError:
        return None
