"""PURE drawings of the first screen, the engine's status, help and registration."""

from bot.actions import Action
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button
from bot.views.figures import live, money, outcome, signed
from bot.views.problems import why
from engine.core.account import Account, Role
from engine.core.bot_state import BotState
from engine.core.market import StreamState
from engine.core.money import fixed
from engine.ports.insight import Health
from engine.services.accounts import Invite
from engine.services.home import Home, Purse

_DOWN = {StreamState.CONNECTING, StreamState.STALE}
_TROUBLES = 3


def home(facts: Home, account: Account, texts: Texts, *, note: str = "") -> Screen:
    """The first screen; ``note`` is an HTML line above it."""
    lines = [note, ""] if note else []
    lines.append(texts.say("home.title"))
    for purse in facts.purses:
        lines += _purse(purse, texts)
    lines.append(_counts(facts, texts))
    for bot in facts.troubled[:_TROUBLES]:
        key = f"home.trouble.{bot.state.value}"
        lines.append(texts.say(key, bot=bot.config.name, why=why(bot, texts)))
    lines.append(_health(facts.health, texts))
    if facts.draft is not None:
        lines.append(texts.say(f"home.draft.{facts.draft.kind}"))
    return Screen("\n".join(lines), _rows(facts, account, texts))


def status(health: Health, texts: Texts) -> Screen:
    """How the engine does."""
    lines = [texts.say("status.title"), _health(health, texts)]
    lines += [
        texts.say(f"status.stream.{state.value}", stream=name)
        for name, state in sorted(health.streams.items())
    ]
    if not health.streams:
        lines.append(texts.say("status.no_streams"))
    lines.append(texts.say("status.clock", ms=health.clock_offset_ms))
    refresh = button(texts, "button.refresh", Action("h", "status"))
    return Screen("\n".join(lines), ((refresh, buttons.home(texts)),))


def help_page(account: Account, texts: Texts) -> Screen:
    """What Skipper does and what may be typed."""
    parts = [texts.say("help.text")]
    if account.role is Role.ADMIN:
        parts.append(texts.say("help.admin"))
    return Screen("\n\n".join(parts), ((buttons.home(texts),),))


def stranger(texts: Texts, *, tried: bool) -> Screen:
    """One polite line for somebody without an account; ``tried``: with an invite that failed."""
    return Screen(texts.say("stranger.invite" if tried else "stranger.line"))


def welcome(account: Account, texts: Texts) -> Screen:
    """Greeting after registration."""
    key = "welcome.viewer" if account.role is Role.VIEWER else "welcome.trader"
    rows: tuple[Row, ...] = ((buttons.home(texts),),)
    if account.role.may_trade:
        new = button(texts, "button.new_bot", Action("w", "new"))
        rows = ((new, button(texts, "button.keys", Action("k", "list"))), *rows)
    return Screen(texts.say(key, name=account.name), rows)


def invite(made: Invite, username: str, texts: Texts) -> Screen:
    """A fresh invite, shown once."""
    role = texts.plain(f"role.{made.role.value}")
    if username:
        link = f"https://t.me/{username}?start={made.code}"
        text = texts.say("invite.link", role=role, hours=made.hours, link=link)
    else:
        text = texts.say("invite.command", role=role, hours=made.hours, code=made.code)
    return Screen(text, ((buttons.home(texts),),))


def invite_question(texts: Texts) -> Screen:
    """Which role the guest shall have."""
    choices = tuple(
        button(texts, f"role.{role.value}", Action("a", "invite_as", role.value))
        for role in (Role.TRADER, Role.VIEWER)
    )
    return Screen(texts.say("invite.ask"), (choices, (buttons.home(texts),)))


def _purse(purse: Purse, texts: Texts) -> list[str]:
    figures = {"quote": purse.quote, "net": signed(money(purse.net))}
    if purse.keyed:
        lines = [texts.say("home.keyed", **figures)]
    elif purse.equity is None:
        lines = [texts.say("home.paper_unknown", **figures)]
    else:
        lines = [texts.say("home.paper", equity=fixed(money(purse.equity)), **figures)]
    if purse.positions:
        key = f"home.open_{outcome(purse.live)}" if purse.live is not None else "home.open_unknown"
        lines.append(texts.say(key, n=purse.positions, live=live(purse.live), quote=purse.quote))
    return lines


def _counts(facts: Home, texts: Texts) -> str:
    if not facts.states:
        return texts.say("home.no_bots")
    running = sum(count for state, count in facts.states.items() if state.running)
    return texts.say(
        "home.bots",
        running=running,
        paused=facts.states.get(BotState.PAUSED, 0),
        stopped=facts.states.get(BotState.STOPPED, 0),
    )


def _health(health: Health, texts: Texts) -> str:
    down = sum(1 for state in health.streams.values() if state in _DOWN)
    if not health.reconciled:
        return texts.say("home.exchange_matching")
    if down:
        return texts.say("home.exchange_down", n=down, total=len(health.streams))
    return texts.say("home.exchange_ok")


def _rows(facts: Home, account: Account, texts: Texts) -> tuple[Row, ...]:
    bots = button(texts, "button.bots", Action("b", "list"))
    trades = button(texts, "button.trades", Action("t", "list"))
    statistics = button(texts, "button.statistics", Action("s", "sum"))
    rows: list[Row] = [(bots, trades), (statistics,)]
    if account.role.may_trade:
        keys = button(texts, "button.keys", Action("k", "list"))
        new = button(texts, "button.new_bot", Action("w", "new"))
        rows = [(bots, trades), (statistics, keys), (new,)]
        if not facts.states:
            rows = [(new,), (bots, trades, keys)]
        if facts.draft is not None:
            rows.append((button(texts, "button.continue", Action("w", "resume")),))
        if facts.states:
            limits = button(texts, "button.limits", Action("l", "show"))
            rows.append((button(texts, "button.panic", Action("p", "ask")), limits))
    last = [button(texts, "button.help", Action("h", "help"))]
    if account.role is Role.ADMIN:
        last.append(button(texts, "button.invite", Action("a", "invite")))
    last.append(button(texts, "button.refresh", Action("h", "home")))
    return (*rows, tuple(last))
