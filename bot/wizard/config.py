"""PURE the bot that a new-bot draft makes."""

from collections.abc import Mapping
from decimal import Decimal

from bot.wizard import hours
from bot.wizard.answers import READERS, read, standing
from bot.wizard.bounds import (
    CENT,
    OFF,
    Facts,
    chosen_key,
    chosen_strategy,
    get,
    leverage_of,
    of_futures,
    params_of,
)
from bot.wizard.sizes import sizing_of
from bot.wizard.steps import skipped
from engine.core.account import Draft
from engine.core.bot_config import BotConfig, Direction, Mode
from engine.core.errors import InvalidValue
from engine.core.hours import TradingHours
from engine.core.market import Market, SymbolRules, Timeframe
from engine.core.money import ceil_to_step, fixed
from engine.core.placeable import obstacle


def settled(draft: Draft, facts: Facts) -> BotConfig:
    """The bot's configuration, every answer read once more; raises ``InvalidValue``."""
    data = dict(draft.data)
    for question in READERS:
        # A template is what was suggested: its answers are among the others.
        if question != "template" and not skipped(question, data):
            data |= read(question, standing(question, data, facts), data, facts)
    config = _config(data, facts)
    if facts.rules is not None and facts.price:
        _require_placeable(config, data, facts.rules, facts.price)
    return config


def _require_placeable(
    config: BotConfig, data: Mapping[str, str], rules: SymbolRules, price: Decimal
) -> None:
    found = obstacle(config, rules, price)
    if found is None:
        return
    figures = {"low": fixed(ceil_to_step(found.limit, CENT)), "high": fixed(found.limit)}
    problem = "too_small" if found.what == "size" else "not_placeable"
    unit = rules.quote if found.what == "size" else "%"
    raise InvalidValue(found.what, get(data, found.what), problem, unit=unit, **figures)


def in_the_way(draft: Draft, facts: Facts) -> InvalidValue | None:
    """What keeps these answers from making a bot; None: nothing."""
    try:
        settled(draft, facts)
    except InvalidValue as invalid:
        return invalid
    return None


def _config(data: Mapping[str, str], facts: Facts) -> BotConfig:
    mode, (sizing, size) = Mode(get(data, "mode")), sizing_of(get(data, "size"))
    key = chosen_key(data, facts)
    transfer = None if skipped("transfer", data) else _limit(data, "transfer")
    return BotConfig(
        name=data["name"],
        market=Market(get(data, "market")),
        symbol=data["symbol"],
        timeframe=Timeframe(get(data, "timeframe")),
        strategy=get(data, "strategy"),
        params=chosen_strategy(data).validate(params_of(data)),
        initial_capital=Decimal(get(data, "capital")),
        sizing=sizing,
        size=size,
        max_position=Decimal(get(data, "cap")),
        stop_loss=Decimal(get(data, "stop")),
        take_profit=Decimal(get(data, "target")),
        trailing_stop=_limit(data, "trailing"),
        trailing_activation=_limit(data, "activation"),
        leverage=leverage_of(data),
        direction=Direction(get(data, "direction")) if of_futures(data) else Direction.LONG,
        max_daily_trades=_whole(data, "trades"),
        max_daily_loss=_limit(data, "loss"),
        daily_target=_limit(data, "goal"),
        max_holding_minutes=_whole(data, "holding"),
        cooldown_minutes=_whole(data, "cooldown"),
        trading_hours=_hours(data, facts),
        auto_transfer=transfer is not None,
        transfer_amount=transfer,
        mode=mode,
        key_id=key.id if key else None,
    )


def _limit(data: Mapping[str, str], question: str) -> Decimal | None:
    answered = get(data, question)
    return None if answered == OFF else Decimal(answered)


def _whole(data: Mapping[str, str], question: str) -> int | None:
    limit = _limit(data, question)
    return None if limit is None else int(limit)


def _hours(data: Mapping[str, str], facts: Facts) -> TradingHours | None:
    answered = get(data, "hours")
    return None if answered == OFF else hours.read(answered, facts.zone)
