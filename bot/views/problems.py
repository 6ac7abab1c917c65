"""PURE words for errors, refusals, pauses and signals; missing figures become a dash.

``fill`` and ``words`` give HTML; ``why``, ``refusal`` and ``signal`` give plain text, to be a
figure of another sentence.
"""

import html
from collections.abc import Mapping

from bot.screen import Screen
from bot.texts import Texts
from bot.views.buttons import home
from bot.views.figures import NONE, quoted, reading
from engine.core.bot import Bot
from engine.core.errors import Conflict, Forbidden, InvalidValue, SkipperError
from engine.core.signal import Signal

_RESERVED = {"self", "key"}


def fill(texts: Texts, key: str, figures: Mapping[str, object]) -> str:
    """The sentence as HTML; a figure that is missing is shown as a dash."""
    known = {name: value for name, value in figures.items() if name not in _RESERVED}
    while True:
        try:
            return texts.say(key, **known)
        except KeyError as missing:
            name = str(missing.args[0])
            if name in known or name.startswith("no text"):
                raise
            known[name] = NONE


def words(error: SkipperError, texts: Texts) -> str:
    """What a person reads of an error, HTML."""
    figures = dict(error.params)
    if isinstance(error, InvalidValue):
        unit = str(figures.get("unit", ""))
        figures |= {"value": quoted(error.value), "field": field(error.field, texts)}
        figures["other"] = field(str(figures.get("other", NONE)), texts)
        figures["high"] = f"{figures.get('high', NONE)} {unit}".strip()
        key = f"invalid.{error.problem}"
        return fill(texts, key if texts.has(key) else error.key, figures)
    if isinstance(error, Conflict | Forbidden) and texts.has(error.reason):
        return fill(texts, error.reason, figures)
    return fill(texts, error.key, figures)


def problem(error: SkipperError, texts: Texts) -> Screen:
    """A screen of its own for an error."""
    return Screen(words(error, texts), ((home(texts),),))


def field(name: str, texts: Texts) -> str:
    """What a person calls a value."""
    key = f"field.{name}"
    return texts.plain(key) if texts.has(key) else name


def why(bot: Bot, texts: Texts) -> str:
    """Why a bot is paused or failed; "" when there is nothing to say."""
    return reason(bot.why, bot.why_params, texts)


def reason(key: str, figures: Mapping[str, object], texts: Texts) -> str:
    """The sentence of a stored text key, or the key itself when no sentence has that name."""
    if not key:
        return ""
    if not texts.has(key):
        return texts.plain("why.other", reason=key)
    ended = f"exit.{figures.get('reason', '')}"
    told = {"reason": texts.plain(ended)} if texts.has(ended) else {}
    return html.unescape(fill(texts, key, {**figures, **told}))


def refusal(check: str, limit: str, measured: str, texts: Texts) -> str:
    """Why an entry was not made; what was measured may have a sentence of its own."""
    special = f"{check}_{measured}".replace(" ", "_")
    name = special if special in texts.names("check") else check
    return reason(f"check.{name}", {"limit": limit, "measured": measured}, texts)


def signal(verdict: Signal, texts: Texts) -> str:
    """What a strategy said and the readings behind it."""
    return signal_reason(verdict.reason, {**verdict.values, "words": verdict.words}, texts)


def signal_reason(name: str, values: Mapping[str, float | str], texts: Texts) -> str:
    """The sentence of a signal's reason."""
    figures = {each: reading(value) for each, value in values.items()}
    return reason(f"signal.{name}", figures, texts)
