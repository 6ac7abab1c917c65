"""PURE drawing of the checks before an entry: why a bot would not enter now."""

from bot.actions import Action
from bot.screen import Screen
from bot.texts import Texts
from bot.views.buttons import button
from bot.views.problems import refusal, signal
from engine.core.checks import Checked, Outcome
from engine.services.checklist import Checklist


def checks(seen: Checklist, texts: Texts) -> Screen:
    """What holds an entry back, with limit and measured value, before what does not."""
    lines = [texts.say("checks.title", bot=seen.bot.config.name)]
    if seen.last is not None:
        lines.append(texts.say("checks.signal", why=signal(seen.last, texts)))
    lines += _outcomes(seen.checks, texts)
    ref = seen.bot.public_id
    again = button(texts, "button.refresh", Action("b", "why", ref))
    back = button(texts, "button.back", Action("b", "card", ref))
    return Screen("\n".join(lines), ((again, back),))


def _outcomes(found: tuple[Checked, ...] | None, texts: Texts) -> list[str]:
    if found is None:
        return [texts.say("checks.unknown")]
    lines = [_against(each, texts) for each in found if each.outcome is not Outcome.PASSED]
    if not lines:
        lines.append(texts.say("checks.free"))
    passed = [_name(each, texts) for each in found if each.outcome is Outcome.PASSED]
    return [*lines, texts.say("checks.passed", names=" · ".join(passed))]


def _against(each: Checked, texts: Texts) -> str:
    refused = each.refused
    if refused is None:
        raise ValueError(f"{each.check} has refused for nothing")
    why = refusal(refused.check, refused.limit, refused.measured, texts)
    key = "checks.unclear" if each.outcome is Outcome.UNKNOWN else "checks.refused"
    return texts.say(key, name=_name(each, texts), why=why)


def _name(each: Checked, texts: Texts) -> str:
    return texts.plain(f"check_name.{each.check}")
