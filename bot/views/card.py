"""PURE drawing of one bot's card."""

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.texts import Texts
from bot.views.analyses import score_lines
from bot.views.bots import mode
from bot.views.buttons import Row, button
from bot.views.figures import (
    live,
    money,
    outcome,
    percent,
    price,
    side_of,
    span_ms,
)
from bot.views.problems import refusal, signal, why
from bot.views.settings import setting_lines
from bot.views.times import clock_of
from bot.views.today import entry_state, today_lines
from engine.core.account import Account
from engine.core.bot_state import BotState
from engine.core.market import StreamState
from engine.core.money import HUNDRED, ZERO, fixed, floor_to_step
from engine.core.position import Position, PositionState
from engine.core.timeout import expires
from engine.ports.repos import SignalRow
from engine.services.analyses import asks_a_model
from engine.services.cards import BotCard, Holding

OLD_PRICE_MS = 15_000


def card(facts: BotCard, account: Account, texts: Texts, *, toast: str = "") -> Screen:
    """The card of a bot."""
    beside = [*_not_ours(facts, texts), *today_lines(facts, texts)]
    groups = [
        [_title(facts, texts), *_what(facts, texts)],
        [_state(facts, texts), *_next(facts, texts)],
        _holding(facts, facts.holding, texts) if facts.holding is not None else [],
        beside,
        _signals(facts, texts),
        score_lines(facts.score, texts),
    ]
    text = "\n\n".join("\n".join(lines) for lines in groups if lines)
    return Screen(text, _rows(facts, account, texts), toast=toast)


def _title(facts: BotCard, texts: Texts) -> str:
    bot = facts.bot
    return texts.say(f"card.title.{bot.state.value}", bot=bot.config.name, mode=mode(bot, texts))


def _what(facts: BotCard, texts: Texts) -> list[str]:
    return setting_lines(facts.bot.config, facts.rules.quote if facts.rules else "", texts)


def _state(facts: BotCard, texts: Texts) -> str:
    bot = facts.bot
    reason = why(bot, texts)
    if bot.state is BotState.PAUSED and bot.paused_until is not None:
        return texts.say(
            "card.paused_until", why=reason, until=_clock(bot.paused_until, facts, texts)
        )
    if bot.state.running and facts.stream is not StreamState.LIVE:
        stream = facts.stream.value if facts.stream is not None else "none"
        return texts.say(f"card.stream.{stream}")
    entering = entry_state(facts, texts) if bot.state is BotState.WAITING else None
    if entering is not None:
        return entering
    if bot.state is BotState.STOPPED and facts.holding is not None:
        return texts.say("card.state.stopped_holding")
    return texts.say(f"card.state.{bot.state.value}", why=reason)


def _clock(ms: int, facts: BotCard, texts: Texts) -> str:
    return clock_of(ms, facts.limits.zone, facts.now, texts)


def _next(facts: BotCard, texts: Texts) -> list[str]:
    if not facts.bot.state.running:
        return []
    timeframe = facts.bot.config.timeframe
    following = timeframe.open_time(facts.now) + timeframe.ms
    return [texts.say("card.next", time=_clock(following, facts, texts))]


def _holding(facts: BotCard, holding: Holding, texts: Texts) -> list[str]:
    position = holding.position
    held = span_ms(facts.now - position.opened_at, texts)
    lines = [
        texts.say(
            "card.position",
            side=side_of(position.side, position.market, position.leverage, texts),
            qty=fixed(position.held),
            base=position.base,
            entry=price(position.entry_price),
            span=held,
        )
    ]
    key = "card.result.unknown"
    if holding.result is not None:
        key = f"card.result.{outcome(holding.result)}"
    lines.append(
        texts.say(
            key,
            price=price(holding.price),
            result=live(holding.result),
            quote=position.quote,
            percent=percent(holding.percent),
        )
    )
    if holding.age_ms is not None and holding.age_ms > OLD_PRICE_MS:
        lines.append(texts.say("card.price_old", seconds=holding.age_ms // 1000))
    levels = {"stop": fixed(position.stop_price), "target": fixed(position.target_price)}
    watched = "card.levels_watched" if position.watches_target else "card.levels"
    lines.append(texts.say(watched, **levels))
    lines += [*_margin(facts, holding, texts), _protection(facts, holding, texts)]
    return [*lines, *_expiry(facts, position, texts)]


def _expiry(facts: BotCard, position: Position, texts: Texts) -> list[str]:
    """When its time is over."""
    if position.expires_at is None or not expires(position):
        return []
    left = max(position.expires_at - facts.now, 0)
    at = _clock(position.expires_at, facts, texts)
    return [texts.say("card.expires", span=span_ms(left, texts), time=at)]


def _margin(facts: BotCard, holding: Holding, texts: Texts) -> list[str]:
    """How far liquidation is from the price, and what funding has paid so far."""
    position, lines = holding.position, []
    if holding.liquidation is not None:
        tick = facts.rules.tick_size if facts.rules else ZERO
        level = floor_to_step(holding.liquidation, tick)
        away = None if holding.price is None else (level / holding.price - 1) * HUNDRED
        lines.append(texts.say("card.liquidation", price=price(level), away=percent(away)))
    if position.funding:
        funding = live(position.funding)
        lines.append(texts.say("card.funding", funding=funding, quote=position.quote))
    return lines


def _protection(facts: BotCard, holding: Holding, texts: Texts) -> str:
    position = holding.position
    if position.state is PositionState.CLOSING:
        reason = position.close_reason.value if position.close_reason else "MANUAL"
        return texts.say("protection.closing", reason=texts.plain(f"exit.{reason}"))
    if not position.guarded:
        return texts.say("protection.unguarded")
    share = "–"
    if holding.covered is not None and holding.sellable:
        share = fixed(money(holding.covered / holding.sellable * HUNDRED))
    where = "exchange" if facts.bot.config.mode.keyed else "paper"
    book = texts.plain(f"protection.where.{where}")
    return texts.say(f"protection.{position.protection.value}", share=share, where=book)


def _not_ours(facts: BotCard, texts: Texts) -> list[str]:
    """What lies on the bot's symbol in its account that Skipper leaves alone."""
    found, lines = facts.not_ours, []
    base = facts.rules.base if facts.rules else ""
    if found.orders:
        lines.append(texts.say("card.foreign_orders", n=found.orders))
    if found.quantity:
        quantity = ("+" if found.quantity > 0 else "−") + fixed(abs(found.quantity))
        lines.append(texts.say("card.foreign_quantity", quantity=quantity, base=base))
    return lines


def _signals(facts: BotCard, texts: Texts) -> list[str]:
    timeframe = facts.bot.config.timeframe
    lines = []
    if facts.last is not None:
        lines.append(_last(facts, facts.last, texts))
        if facts.last.refused is not None:
            refused = facts.last.refused
            check = refusal(refused.check, refused.limit, refused.measured, texts)
            lines.append(texts.say("card.refused", check=check))
    decision = facts.decision
    newer = facts.last is None or (
        decision is not None and decision.candle_open > facts.last.signal.candle_open
    )
    if decision is not None and newer:
        at = _clock(decision.candle_open + timeframe.ms, facts, texts)
        reason = signal(decision, texts)
        lines.append(texts.say("card.decision", time=at, why=reason))
    return lines


def _last(facts: BotCard, row: SignalRow, texts: Texts) -> str:
    verdict = row.signal
    return texts.say(
        "card.last",
        action=verdict.action.value,
        time=_clock(verdict.candle_open + facts.bot.config.timeframe.ms, facts, texts),
        why=signal(verdict, texts),
    )


def _rows(facts: BotCard, account: Account, texts: Texts) -> tuple[Row, ...]:
    bot = facts.bot
    ref, rev = bot.public_id, rev_of(bot.revision)
    rows: list[Row] = []
    if account.role.may_trade:
        acts = []
        if facts.holding is not None and facts.holding.position.state is PositionState.OPEN:
            acts.append(button(texts, "button.close", Action("b", "close", ref, rev)))
        if bot.state.running:
            key = "button.stop" if facts.holding is None else "button.stop_ask"
            acts.append(button(texts, key, Action("b", "stop", ref, rev)))
        else:
            key = "button.start_live" if bot.config.mode.value == "live" else "button.start"
            acts.append(button(texts, key, Action("b", "start", ref, rev)))
            if bot.state is not BotState.STOPPED:
                acts.append(button(texts, "button.stop", Action("b", "stop", ref, rev)))
        rows.append(tuple(acts))
    refresh = button(texts, "button.refresh", Action("b", "card", ref))
    stats = button(texts, "button.stats", Action("s", "sum", ref))
    rows.append((refresh, stats, button(texts, "button.trades", Action("t", "list", f"{ref}.0"))))
    asked = [button(texts, "button.why_not", Action("b", "why", ref))]
    if asks_a_model(bot):
        asked.append(button(texts, "button.analyses", Action("ai", "list", f"{ref}.0")))
    rows.append(tuple(asked))
    last = [button(texts, "button.bots_back", Action("b", "list"))]
    if account.role.may_trade:
        last.insert(0, button(texts, "button.delete", Action("b", "delete", ref, rev)))
    return (*rows, tuple(last))
