"""PURE table of the new-bot questions: what each accepts, and what stands before an answer.

Answers are texts that the same question accepts again, so a draft can be read anew at any time.
"""

from bot.wizard import amounts, choices
from bot.wizard.amounts import Reader, duration, money, or_off, percent
from bot.wizard.bounds import PARAM, Answers, Facts, chosen_strategy, get, param_texts
from bot.wizard.sizes import fitting_size, read_size
from bot.wizard.templates import OWN
from engine.core.bot_config import MAX_NAME
from engine.core.errors import InvalidValue

READERS: dict[str, Reader] = {
    "market": choices.market,
    "symbol": choices.symbol,
    "template": choices.template,
    "timeframe": choices.timeframe,
    "strategy": choices.strategy,
    "leverage": amounts.leverage,
    "direction": choices.direction,
    "capital": amounts.capital,
    "cap": percent("cap"),
    "size": read_size,
    "stop": amounts.stop,
    "target": percent("target"),
    "trailing": or_off("trailing", percent("trailing")),
    "activation": or_off("activation", percent("activation")),
    "holding": or_off("holding", duration("holding")),
    "trades": or_off("trades", amounts.trades),
    "loss": or_off("loss", amounts.loss),
    "goal": or_off("goal", money("goal")),
    "cooldown": or_off("cooldown", duration("cooldown")),
    "hours": or_off("hours", choices.hours),
    "mode": choices.mode,
    "key": choices.key,
    "transfer": or_off("transfer", amounts.transfer),
    "name": choices.name,
}


def read(question: str, raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """What an answer changes; raises ``InvalidValue`` with what is allowed."""
    if question.startswith(PARAM):
        return choices.param(question, raw, answers)
    if question not in READERS:
        raise InvalidValue(question, raw, "tap")
    return READERS[question](raw, answers, facts)


def standing(question: str, answers: Answers, facts: Facts) -> str:
    """The answer given before, or the default; "" when there is none."""
    if question == "name" and question not in answers:
        return suggested_name(answers, facts)
    if question == "size" and question not in answers:
        return fitting_size(answers, facts)
    if question == "template" and question not in answers:
        offered = [] if "strategy" in answers else choices.offered_templates(facts)
        return offered[0].name if offered else OWN
    if question.startswith(PARAM):
        return param_texts(answers).get(question.removeprefix(PARAM), "")
    return get(answers, question)


def suggested_name(answers: Answers, facts: Facts) -> str:
    """A name nobody uses yet, made of symbol and strategy."""
    base = facts.rules.base if facts.rules else answers.get("symbol", "")
    title = chosen_strategy(answers).title
    stem = f"{base} {title}"[: MAX_NAME - 4].strip()
    names = (stem, *(f"{stem} {count}" for count in range(2, 1000)))
    return next((each for each in names if each.casefold() not in facts.names), "")
