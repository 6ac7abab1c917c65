"""PURE words for how much a new bot's trades take."""

from decimal import Decimal

from bot.texts import Texts
from bot.views.figures import NONE, money
from bot.wizard.answers import standing
from bot.wizard.bounds import Facts, get, leverage_of, of_futures
from bot.wizard.sizes import RISK, sizing_of, stake_of, uncapped
from engine.core.account import Draft
from engine.core.bot_config import Sizing
from engine.core.checks import liquidation_distance
from engine.core.margin import ASSUMED_MAINTENANCE
from engine.core.money import fixed, floor_to_step, percent_of

_USUAL_RISK = f"1%{RISK}"


def size_lines(draft: Draft, facts: Facts, texts: Texts) -> list[str]:
    """What a trade puts at stake, and on futures what that opens."""
    data = draft.data
    size = standing("size", data, facts)
    stake, leverage = stake_of(data, size), leverage_of(data)
    figures = {"size": _size(draft, facts, texts), "cap": get(data, "cap")}
    figures["quote"] = facts.quote
    if not of_futures(data):
        lines = [texts.say("wizard.summary_size", **figures)]
    else:
        figures |= {
            "direction": texts.plain(f"direction.{get(data, 'direction')}"),
            "leverage": str(leverage),
            "position": fixed(money(stake * leverage)),
            "distance": fixed(round(liquidation_distance(leverage, ASSUMED_MAINTENANCE), 2)),
        }
        lines = [texts.say("wizard.summary_stake", **figures)]
    if sizing_of(size)[0] is Sizing.RISK:
        lines.append(risk_line(draft, facts, texts))
    return lines


def risk_line(draft: Draft, facts: Facts, texts: Texts) -> str:
    """What a risk buys at the present price and stop: the chosen one, or the usual one."""
    data = draft.data
    size = standing("size", data, facts)
    size = size if sizing_of(size)[0] is Sizing.RISK else _USUAL_RISK
    stake = stake_of(data, size)
    position = stake * leverage_of(data)
    quantity = NONE
    if facts.rules is not None and facts.price:
        quantity = fixed(floor_to_step(position / facts.price, facts.rules.step_size))
    key = "wizard.risk_capped" if stake < uncapped(data, size) else "wizard.risk"
    return texts.say(
        key,
        risk=fixed(sizing_of(size)[1]),
        stake=fixed(money(stake)),
        quantity=quantity,
        base=facts.rules.base if facts.rules else "",
        stop=get(data, "stop"),
        loss=fixed(money(percent_of(position, Decimal(get(data, "stop"))))),
        quote=facts.quote,
        cap=get(data, "cap"),
    )


def _size(draft: Draft, facts: Facts, texts: Texts) -> str:
    size = standing("size", draft.data, facts)
    rule, figure = sizing_of(size)
    amount = fixed(money(stake_of(draft.data, size)))
    if rule is Sizing.FIXED:
        return size
    return texts.plain(f"wizard.size_{rule.value}", percent=fixed(figure), amount=amount)
