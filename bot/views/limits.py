"""PURE drawings of the account limits: each beside what is measured, and the question for one."""

from decimal import Decimal

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import NONE, money, span
from bot.views.problems import words
from bot.views.times import clock_of
from bot.wizard.bounds import OFF
from bot.wizard.limits import LIMITS
from engine.core.account import Account, Draft
from engine.core.account_limits import AccountLimits
from engine.core.errors import SkipperError
from engine.core.money import fixed
from engine.services.limits import BookNow, LimitsNow, Value

_MINUTES = {"within", "pause"}


def limits(facts: LimitsNow, account: Account, texts: Texts, *, toast: str = "") -> Screen:
    """All limits with their measured values."""
    lines = [texts.say("limits.title"), texts.say("limits.about")]
    for pause in facts.pauses:
        book = texts.plain(f"book.{'keyed' if pause.keyed else 'paper'}")
        until = clock_of(pause.until, facts.limits.zone, facts.now, texts)
        lines.append(texts.say("limits.paused", bots=book, until=until))
    lines.append("")
    lines += [_line(name, facts, texts) for name in LIMITS if name not in {"zone", "day"}]
    zone, day = shown("zone", facts.limits, texts), shown("day", facts.limits, texts)
    lines.append(texts.say("limits.clock", zone=zone, day=day))
    rows: tuple[Row, ...] = ()
    if account.role.may_trade:
        edits = [button(texts, f"limits.edit.{name}", Action("l", "ask", name)) for name in LIMITS]
        rows = rows_of(edits, 2)
    last = (button(texts, "button.refresh", Action("l", "show")), buttons.home(texts))
    return Screen("\n".join(lines), (*rows, last), toast=toast)


def question(
    draft: Draft, facts: AccountLimits, texts: Texts, *, error: SkipperError | None = None
) -> Screen:
    """What shall one limit be? Tapped or typed."""
    name, rev = draft.step, rev_of(draft.revision)
    lines = [words(error, texts), ""] if error is not None else []
    lines.append(texts.say(f"limits.ask.{name}", now=shown(name, facts, texts)))
    presets = [*LIMITS[name].presets, *([OFF] if LIMITS[name].may_be_off else [])]
    taps = [
        named(written(name, preset, texts), Action("l", "set", f"{name}.{preset}", rev))
        for preset in presets
    ]
    back = button(texts, "button.back", Action("l", "back", "", rev))
    return Screen("\n".join(lines), (*rows_of(taps, 3), (back,)))


def confirm(draft: Draft, raw: str, facts: AccountLimits, new: Value, texts: Texts) -> Screen:
    """A limit would be loosened: shall it?"""
    name, rev = draft.step, rev_of(draft.revision)
    figures = {
        "field": texts.plain(f"limits.name.{name}"),
        "now": shown(name, facts, texts),
        "new": _value(name, new, texts),
    }
    text = texts.say("limits.off_question" if new is None else "limits.looser", **figures)
    yes = button(texts, "limits.yes", Action("l", "yes", f"{name}.{raw}", rev))
    back = button(texts, "button.no_back", Action("l", "back", "", rev))
    return Screen(text, ((yes,), (back,)))


def shown(name: str, facts: AccountLimits, texts: Texts) -> str:
    """A limit's present value in words."""
    return _value(name, getattr(facts, LIMITS[name].field), texts)


def written(name: str, preset: str, texts: Texts) -> str:
    """A preset in words."""
    if preset == OFF:
        return texts.plain("limits.off")
    return _value(name, LIMITS[name].read(preset), texts)


def _value(name: str, value: Value, texts: Texts) -> str:
    if value is None:
        return texts.plain("limits.off")
    if name == "day":
        return texts.plain("limits.day.own" if value else "limits.day.utc")
    if name in _MINUTES:
        return span(int(value), texts)
    if name == "window":
        return span(int(value) * 60, texts)
    if name == "drawdown":
        return f"{fixed(Decimal(value))} %"
    return fixed(value) if isinstance(value, Decimal) else str(value)


def _line(name: str, facts: LimitsNow, texts: Texts) -> str:
    limit = shown(name, facts.limits, texts)
    measured = " · ".join(_measured(name, facts, texts))
    key = "limits.line" if measured else "limits.line_plain"
    return texts.say(key, name=texts.plain(f"limits.name.{name}"), limit=limit, now=measured)


def _measured(name: str, facts: LimitsNow, texts: Texts) -> list[str]:
    if name == "calls":
        return [str(facts.calls)]
    return [figure for book in facts.books for figure in _of_book(name, book, texts)]


def _of_book(name: str, book: BookNow, texts: Texts) -> list[str]:
    kind = texts.plain(f"limits.book.{'keyed' if book.keyed else 'paper'}")
    match name:
        case "open":
            return [f"{kind} {book.positions}"]
        case "stops":
            return [f"{kind} {book.stops}"]
        case "exposure":
            return [f"{kind} {_known(a.exposure)} {a.quote}" for a in book.assets]
        case "drawdown":
            return [f"{kind} {_known(a.drawdown)} % {a.quote}" for a in book.assets]
        case _:
            return []


def _known(value: Decimal | None) -> str:
    return NONE if value is None else fixed(money(value))
