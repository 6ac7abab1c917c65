"""PURE drawings of the bot list and of the questions before a bot is stopped, closed, deleted."""

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import button, named, rows_of
from bot.views.figures import live, outcome, percent, side_of
from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.market import Market
from engine.core.money import fixed
from engine.core.position import Position, PositionSide
from engine.services.cards import BotCard, BotLine, Holding

PAGE = 6
FILTERS: dict[str, frozenset[BotState]] = {
    "all": frozenset(BotState),
    "running": frozenset(state for state in BotState if state.running),
    "paused": frozenset({BotState.PAUSED, BotState.ERROR}),
    "stopped": frozenset({BotState.STOPPED}),
}


def bot_list(
    lines: list[BotLine], chosen: str, page: int, account: Account, texts: Texts
) -> Screen:
    """One page of the bots that pass the filter."""
    fitting = [line for line in lines if line.bot.state in FILTERS[chosen]]
    pages = max(1, -(-len(fitting) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown = fitting[page * PAGE : (page + 1) * PAGE]
    text = [texts.say("bots.title", total=len(fitting), page=page + 1, pages=pages)]
    text += [_line(line, texts) for line in shown]
    if not shown:
        text.append(texts.say("bots.none" if not lines else "bots.none_here"))
    cards = [named(line.bot.config.name, _act(line.bot, "card")) for line in shown]
    rows = [*rows_of(cards, 2), _turning(chosen, page, pages, texts)]
    last = [buttons.home(texts)]
    if account.role.may_trade:
        last.insert(0, button(texts, "button.new_bot", Action("w", "new")))
    return Screen("\n".join(text), (*rows, tuple(last)))


def stop_question(card: BotCard, texts: Texts) -> Screen:
    """What shall become of the position."""
    bot = card.bot
    text = [texts.say("stop.title", bot=bot.config.name, mode=mode(bot, texts))]
    if card.holding is not None:
        text.append(_held(card.holding, texts))
    side = card.holding.position.side if card.holding else PositionSide.LONG
    text.append(texts.say(f"stop.ask_{side.value}"))
    return Screen(
        "\n".join(text),
        (
            (button(texts, "button.stop_leave", _act(bot, "stop_leave", rev=True)),),
            (button(texts, "button.stop_close", _act(bot, "stop_close", rev=True)),),
            (button(texts, "button.stop_keep", _act(bot, "stop_keep", rev=True)),),
            (button(texts, "button.back", _act(bot, "card")),),
        ),
    )


def close_question(card: BotCard, position: Position, texts: Texts) -> Screen:
    """Whether to close at market."""
    bot = card.bot
    text = [texts.say("close.title", bot=bot.config.name, mode=mode(bot, texts))]
    if card.holding is not None:
        text.append(_held(card.holding, texts))
    text.append(texts.say(f"close.ask_{position.side.value}"))
    sure = Action("b", "close_yes", f"{bot.public_id}.{position.id}", rev_of(bot.revision))
    figures = {"qty": fixed(position.held), "base": position.base}
    return Screen(
        "\n".join(text),
        (
            (button(texts, "button.no_back", _act(bot, "card")),),
            (button(texts, f"button.close_yes_{position.side.value}", sure, **figures),),
        ),
    )


def delete_question(bot: Bot, texts: Texts) -> Screen:
    """Whether to delete."""
    return Screen(
        texts.say("delete.ask", bot=bot.config.name),
        (
            (button(texts, "button.no_back", _act(bot, "card")),),
            (button(texts, "button.delete_yes", _act(bot, "delete_yes", rev=True)),),
        ),
    )


def live_question(bot: Bot, texts: Texts) -> Screen:
    """Whether to trade real money."""
    return Screen(
        texts.say("live.ask", bot=bot.config.name, symbol=bot.config.symbol),
        (
            (button(texts, "button.no_back", _act(bot, "card")),),
            (button(texts, "button.live_yes", _act(bot, "start_yes", rev=True)),),
        ),
    )


def mode(bot: Bot, texts: Texts) -> str:
    """PAPER, DEMO, TESTNET or LIVE."""
    return mode_label(bot.config.mode, texts)


def mode_label(value: Mode, texts: Texts) -> str:
    """PAPER, DEMO, TESTNET or LIVE."""
    return texts.plain(f"mode.{value.value}")


def _held(holding: Holding, texts: Texts) -> str:
    position = holding.position
    key = "held.unknown" if holding.result is None else f"held.{outcome(holding.result)}"
    return texts.say(
        key,
        side=side_of(position.side, position.market, position.leverage, texts),
        qty=fixed(position.held),
        base=position.base,
        result=live(holding.result),
        quote=position.quote,
    )


def _line(line: BotLine, texts: Texts) -> str:
    config = line.bot.config
    figures = {"bot": config.name, "timeframe": config.timeframe.value}
    figures["mode"] = mode(line.bot, texts)
    key = f"bots.line.{line.bot.state.value}"
    if line.holding is not None:
        figures["percent"] = _percent(line.holding, texts)
        key = f"bots.holding.{line.bot.state.value}"
    return texts.say(key, **figures)


def _percent(holding: Holding, texts: Texts) -> str:
    """The result so far, on futures with the direction."""
    position, told = holding.position, percent(holding.percent)
    if position.market is Market.SPOT:
        return told
    side = side_of(position.side, position.market, position.leverage, texts)
    return f"{side} {told}"


def _turning(chosen: str, page: int, pages: int, texts: Texts) -> buttons.Row:
    names = list(FILTERS)
    following = names[(names.index(chosen) + 1) % len(names)]
    label = texts.plain(f"filter.{chosen}")
    row = [button(texts, "button.filter", Action("b", "list", f"{following}.0"), filter=label)]
    if pages > 1:
        row.append(named("‹", Action("b", "list", f"{chosen}.{(page - 1) % pages}")))
        row.append(named("›", Action("b", "list", f"{chosen}.{(page + 1) % pages}")))
    return tuple(row)


def _act(bot: Bot, verb: str, *, rev: bool = False) -> Action:
    return Action("b", verb, bot.public_id, rev_of(bot.revision) if rev else "")
