"""PURE drawings of exchange keys and of the conversation that adds one."""

from collections.abc import Mapping
from decimal import Decimal

from bot.actions import Action, rev_of
from bot.screen import Button, Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import day
from bot.views.problems import words
from engine.core.account import Account, Draft, Key, KeyRights, KeyState
from engine.core.errors import SkipperError
from engine.core.money import fixed
from engine.services.keys import KeyCard

_BALANCES = 6
_PASSED = {
    (True, True): "keys.passed_both",
    (True, False): "keys.passed_spot",
    (False, True): "keys.passed_futures",
}
_FIRST = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB")


def key_list(cards: list[KeyCard], account: Account, texts: Texts, *, may_add: bool) -> Screen:
    """All keys of an account."""
    text = [texts.say("keys.title")]
    for card in cards:
        text += ["", *_described(card, texts)]
    if not cards:
        text.append(texts.say("keys.none" if may_add else "keys.none_paper_only"))
    rows: list[Row] = [
        *rows_of([named(c.key.label, Action("k", "card", c.key.public_id)) for c in cards], 2)
    ]
    last = [buttons.home(texts)]
    if account.role.may_trade and may_add:
        last.insert(0, button(texts, "button.add_key", Action("k", "add")))
    return Screen("\n".join(text), (*rows, tuple(last)))


def key_card(card: KeyCard, account: Account, texts: Texts, *, note: str = "") -> Screen:
    """One key; ``note`` is an HTML line with the outcome of an act."""
    text = [texts.say("keys.card"), *_described(card, texts)]
    if card.bots:
        text.append(texts.say("keys.bots", n=len(card.bots), bots=", ".join(card.bots)))
    if note:
        text += ["", note]
    rows: list[Row] = []
    if account.role.may_trade and card.key.state is not KeyState.REMOVED:
        ref = card.key.public_id
        test = button(texts, "button.test_key", Action("k", "test", ref))
        rows.append((test, button(texts, "button.remove_key", Action("k", "remove", ref))))
    rows.append((button(texts, "button.keys_back", Action("k", "list")), buttons.home(texts)))
    return Screen("\n".join(text), tuple(rows))


def remove_question(card: KeyCard, texts: Texts) -> Screen:
    """Whether to remove a key."""
    key = card.key
    return Screen(
        texts.say("keys.remove_ask", label=key.label, fingerprint=key.fingerprint),
        (
            (button(texts, "button.no_back", Action("k", "card", key.public_id)),),
            (button(texts, "button.remove_yes", Action("k", "remove_yes", key.public_id)),),
        ),
    )


def key_added(key: Key, rights: KeyRights, texts: Texts, *, parked: bool) -> Screen:
    """A key that the exchange accepted; ``parked``: a bot draft waits for it."""
    text = [
        texts.say("keys.added", label=key.label, fingerprint=key.fingerprint),
        passed(rights, texts),
    ]
    onward = button(texts, "button.new_bot", Action("w", "new"))
    if parked:
        onward = button(texts, "button.continue", Action("w", "resume"))
    keys = button(texts, "button.keys", Action("k", "list"))
    return Screen("\n".join(text), ((onward, keys), (buttons.home(texts),)), forget_input=True)


def passed(rights: KeyRights, texts: Texts) -> str:
    """What a good key may do and what lies in its account."""
    markets = (rights.can_trade_spot, rights.can_trade_futures)
    lines = [texts.say(_PASSED[markets])]
    warned = {
        "keys.no_ip": not rights.ip_restricted,
        "keys.multi_assets": rights.multi_assets,
        "keys.hedge_mode": rights.hedge_mode,
    }
    lines += [texts.say(key) for key, due in warned.items() if due]
    if rights.can_trade_spot:
        spot = _balances(rights.balances)
        lines.append(texts.say("keys.balance" if spot else "keys.empty", balances=spot))
    if rights.can_trade_futures:
        margin = _balances(rights.margin)
        lines.append(texts.say("keys.margin" if margin else "keys.margin_empty", balances=margin))
    return "\n".join(lines)


def _balances(amounts: Mapping[str, Decimal]) -> str:
    """The free balances of note, the common quote assets first."""
    rank = {asset: index for index, asset in enumerate(_FIRST)}
    held = [(asset, amount) for asset, amount in amounts.items() if amount]
    held.sort(key=lambda pair: (rank.get(pair[0], len(rank)), pair[0]))
    return " · ".join(f"{fixed(amount)} {asset}" for asset, amount in held[:_BALANCES])


def prompt(
    draft: Draft,
    texts: Texts,
    *,
    environments: tuple[str, ...] = (),
    error: SkipperError | None = None,
    forget: bool = False,
) -> Screen:
    """The question of the add-a-key conversation that stands in ``draft``."""
    text = [texts.say("keys.add_title"), ""]
    if error is not None:
        text += [words(error, texts), ""]
    label = draft.data.get("label", "")
    text.append(texts.say(f"keys.ask.{draft.step}", label=label))
    rev = rev_of(draft.revision)
    rows: list[Row] = []
    if draft.step == "environment":
        rows.append(_environments(environments, rev, texts))
    if draft.step == "label":
        rows.append((named("main", Action("k", "label", "main", rev)),))
    back = button(texts, "button.back", Action("k", "back", "", rev))
    rows.append((back, button(texts, "button.cancel", Action("k", "cancel", "", rev))))
    return Screen("\n".join(text), tuple(rows), forget_input=forget)


def _environments(names: tuple[str, ...], rev: str, texts: Texts) -> tuple[Button, ...]:
    return tuple(button(texts, f"env.{name}", Action("k", "env", name, rev)) for name in names)


def _described(card: KeyCard, texts: Texts) -> list[str]:
    key = card.key
    lines = [
        texts.say(
            "keys.line",
            label=key.label,
            environment=texts.plain(f"env.{key.environment.value}"),
            fingerprint=key.fingerprint,
        ),
        texts.say(
            f"keys.state.{key.state.value}",
            problem=key.problem,
            day=day(key.checked_at),
            markets=texts.plain("keys.markets_both" if key.futures else "keys.markets_spot"),
        ),
    ]
    if key.state is KeyState.GOOD and not key.ip_restricted:
        lines.append(texts.say("keys.no_ip"))
    return lines
