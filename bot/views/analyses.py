"""PURE drawings of what a model was asked and said. Its words are foreign: escaped, one line."""

from decimal import Decimal

from bot.actions import Action
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import moment, percent, time_of
from engine.core.analysis import Analysis
from engine.core.market import Timeframe
from engine.core.money import fixed
from engine.core.signal import Action as Say
from engine.services.analyses import PAGE, AnalysesPage, Scoreboard, Tally, Usage

PIECE = 3_000
"""Characters of a question or an answer in one message; escaping may make them more."""
_RULES = ("losing", "least", "half", "exits", "own_exits")


def analyses_page(page: AnalysesPage, texts: Texts) -> Screen:
    """A page of verdicts, newest first, with the day's calls."""
    ref, first = page.bot.public_id, page.page * PAGE + 1
    lines = [
        texts.say("analyses.title", bot=page.bot.config.name, page=page.page + 1),
        _used(page.usage, texts),
        "",
        *(_line(number, each, texts) for number, each in enumerate(page.analyses, first)),
    ]
    if not page.analyses:
        lines.append(texts.say("analyses.none"))
    cards = [
        named(
            f"{number}. {time_of(_closed(each))} {each.action.value}",
            Action("ai", "one", f"{ref}.{each.id}"),
        )
        for number, each in enumerate(page.analyses, first)
    ]
    return Screen("\n".join(lines), (*rows_of(cards, 2), *_turning(page, texts)))


def one_analysis(analysis: Analysis, ref: str, texts: Texts) -> Screen:
    """One verdict: what came of it, which rule had a say, what the model said."""
    say, notes = analysis.action.value, analysis.notes
    lines = [
        texts.say(
            f"analysis.title_{say}",
            symbol=analysis.stream.split(":")[1],
            time=moment(_closed(analysis)),
        ),
        _outcome(analysis, texts),
    ]
    lines += [_rule(name, notes[name], texts) for name in _RULES if name in notes]
    if analysis.reason:
        lines.append(texts.say("analysis.words", words=analysis.reason))
    lines.append(_call(analysis, texts))
    text = button(texts, "button.analysis_text", Action("ai", "text", f"{ref}.{analysis.id}.0"))
    back = button(texts, "button.analyses_back", Action("ai", "list", f"{ref}.0"))
    return Screen("\n".join(lines), ((text,), (back, buttons.home(texts))))


def full_text(analysis: Analysis, ref: str, number: int, texts: Texts) -> Screen:
    """Question and answer as they went over the wire, piece by piece."""
    pieces = [("prompt", piece) for piece in _pieces(analysis.prompt)]
    pieces += [("answer", piece) for piece in _pieces(analysis.answer)]
    number = min(number, len(pieces) - 1)
    kind, piece = pieces[number]
    figures = {"n": number + 1, "of": len(pieces), "piece": piece}
    turn = []
    for label, other in (("‹", number - 1), ("›", number + 1)):
        if 0 <= other < len(pieces):
            turn.append(named(label, Action("ai", "text", f"{ref}.{analysis.id}.{other}")))
    back = button(texts, "button.back", Action("ai", "one", f"{ref}.{analysis.id}"))
    rows = (tuple(turn), (back,)) if turn else ((back,),)
    return Screen(texts.say(f"analysis.{kind}_piece", **figures), rows)


def score_lines(score: Scoreboard | None, texts: Texts) -> list[str]:
    """The bot beside its twin, for its card."""
    if score is None:
        return []
    return [
        texts.say("scoreboard.title", since=moment(score.since)),
        texts.say("scoreboard.bot", **_tally(score.bot)),
        texts.say("scoreboard.twin", **_tally(score.twin)),
    ]


def _tally(tally: Tally) -> dict[str, object]:
    rate = f"{round(100 * tally.wins / tally.trades)} %" if tally.trades else "–"
    return {"n": tally.trades, "rate": rate, "net": percent(tally.net_percent)}


def _used(usage: Usage, texts: Texts) -> str:
    if usage.cost is None:
        return texts.say("analyses.used", n=usage.calls, limit=usage.limit)
    cost = _dollars(usage.cost)
    return texts.say("analyses.used_cost", n=usage.calls, limit=usage.limit, cost=cost)


def _line(number: int, analysis: Analysis, texts: Texts) -> str:
    outcome = _outcome(analysis, texts)
    return texts.say("analyses.line", n=number, time=moment(_closed(analysis))) + " " + outcome


def _outcome(analysis: Analysis, texts: Texts) -> str:
    """What our own rules made of the answer."""
    if analysis.problem:
        return texts.say(f"signal.ai_problem_{analysis.problem}")
    figures = {
        "asked": analysis.notes.get("asked", analysis.action.value),
        "said": analysis.notes.get("confidence", str(analysis.confidence)),
        "confidence": analysis.confidence,
        "least": analysis.notes.get("least", "–"),
    }
    if analysis.action is not Say.HOLD:
        return texts.say("analysis.followed", **figures)
    key = "hold" if figures["asked"] == Say.HOLD.value else "unsure"
    return texts.say(f"analysis.{key}", **figures)


def _rule(name: str, figure: str, texts: Texts) -> str:
    if name == "own_exits":
        return texts.say("analysis.rule.own_exits", why=texts.plain(f"own_exits.{figure}"))
    return texts.say(f"analysis.rule.{name}", figure=figure)


def _call(analysis: Analysis, texts: Texts) -> str:
    figures = {
        "model": analysis.model,
        "seconds": f"{analysis.took_ms / 1000:.1f}",
        "tokens": analysis.tokens_in + analysis.tokens_out,
    }
    if analysis.cost is None:
        return texts.say("analysis.call", **figures)
    return texts.say("analysis.call_cost", cost=_dollars(analysis.cost), **figures)


def _dollars(cost: Decimal) -> str:
    return fixed(round(cost, 4))


def _closed(analysis: Analysis) -> int:
    """When the candle closed, ms."""
    return analysis.candle_open + Timeframe(analysis.stream.split(":")[2]).ms


def _pieces(text: str) -> list[str]:
    shown = "".join(c if c.isprintable() or c == "\n" else "·" for c in text)
    return [shown[i : i + PIECE] for i in range(0, len(shown), PIECE)]


def _turning(page: AnalysesPage, texts: Texts) -> list[Row]:
    ref, turn = page.bot.public_id, []
    if page.page > 0:
        turn.append(named("‹", Action("ai", "list", f"{ref}.{page.page - 1}")))
    if page.more:
        turn.append(named("›", Action("ai", "list", f"{ref}.{page.page + 1}")))
    last = (button(texts, "button.card", Action("b", "card", ref)), buttons.home(texts))
    return [tuple(turn), last] if turn else [last]
