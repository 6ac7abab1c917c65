"""Context: what a screen function is handed beside the action or the text."""

from dataclasses import dataclass

from bot.screen import Person
from bot.texts import Texts
from engine.core.account import Account
from engine.services.office import Office


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, in which language, about which message, and the office to ask.

    ``message_id`` is the tapped message for a press, the user's own message for a text.
    """

    office: Office
    texts: Texts
    account: Account
    person: Person
    chat_id: int
    message_id: int
