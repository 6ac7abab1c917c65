"""The pure table: any text at any prompt never raises, never loses the draft, comes back."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.texts import Texts
from bot.views.figures import quoted
from bot.views.wizard import question
from bot.wizard import amounts, answers, bounds, steps
from bot.wizard.config import settled
from engine.core.account import Key, KeyState
from engine.core.bot_config import BotConfig, Environment, Mode
from engine.core.errors import InvalidValue
from engine.core.market import Market
from tests.fakes.office import rules
from tests.unit.bot_content.chat import plain

TEXTS = Texts()
KEYS = tuple(
    Key(
        id=number,
        public_id=f"key{number}",
        owner_id=1,
        label=f"label {number}",
        environment=Environment.LOCAL,
        fingerprint="ab-cd",
        state=KeyState.GOOD,
        created_at=0,
        checked_at=0,
        futures=number == 1,
    )
    for number in (1, 2)
)
FACTS = bounds.Facts(
    modes=(Mode.PAPER, Mode.LOCAL),
    keys=KEYS,
    names=frozenset({"taken"}),
    rules=rules(),
    markets=tuple(Market),
    price=Decimal(60000),
)
PARAMS = ("param.ema_fast", "param.oversold", "param.rsi_filter")
QUESTIONS = st.sampled_from((*steps.ORDER, *answers.READERS, *PARAMS))
FULL = {"symbol": "BTCUSDT", "mode": "local", "key": "key1"}
ON_FUTURES = FULL | {"market": "futures", "leverage": "20"}
TYPED = st.one_of(
    st.text(max_size=60),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.sampled_from(["25", "2%", "off", "paper", "local", "15m", "1M", "EMA/RSI", "trend", "1,5"]),
    st.sampled_from(["spot", "futures", "both", "short", "50", "3x", "0.7", "9999"]),
    st.sampled_from(["own", "trend", "risk 1%", "0.1%risk", "2h", "90", "9-17 mon-fri", "always"]),
)


def draft_at(step, data=FULL):
    begun = steps.begin(1, 0)
    return steps.replace(begun, step=step, data=dict(data), expects=step)


@given(QUESTIONS, TYPED, st.sampled_from([FULL, ON_FUTURES]))
def test_any_text_at_any_prompt_is_taken_or_given_back(step, typed, data):
    draft = draft_at(step, data)
    try:
        after = steps.answer(draft, typed, FACTS, 1)
    except InvalidValue as invalid:
        shown = question(draft, FACTS, TEXTS, error=invalid)
        assert quoted(typed) in plain(shown)
        assert draft == draft_at(step, data)
        return
    assert after.revision == draft.revision + 1
    assert draft.data.keys() <= after.data.keys()
    assert question(after, FACTS, TEXTS).rows


@given(st.lists(st.tuples(QUESTIONS, TYPED), max_size=12), st.sampled_from([FULL, ON_FUTURES]))
def test_whatever_was_answered_the_config_is_made_or_a_question_is_named(story, data):
    facts = steps.replace(FACTS, symbol="BTCUSDT")
    draft = draft_at("summary", data)
    for step, typed in story:
        try:
            draft = steps.answer(steps.jump(draft, step, 1), typed, facts, 1)
        except InvalidValue:
            continue
    asked = None
    try:
        assert isinstance(settled(draft, facts), BotConfig)
    except InvalidValue as invalid:
        asked = question(steps.mend(draft, invalid, 2), facts, TEXTS, error=invalid)
    assert asked is None or asked.rows


@given(QUESTIONS)
def test_back_ends_at_the_first_question(step):
    draft = draft_at(step)
    for _ in range(len(steps.ORDER) + 1):
        before = steps.back(draft, 1)
        if before is None:
            break
        draft = before
    assert draft.step == "market"


def test_the_table_allows_what_the_configuration_allows():
    base = {"name": "n", "symbol": "BTCUSDT"}
    fields = {
        "stop": "stop_loss",
        "target": "take_profit",
        "cap": "max_position",
        "trailing": "trailing_stop",
        "activation": "trailing_activation",
    }
    for name, (low, high) in bounds.PERCENTS.items():
        for value in (low, high):
            BotConfig(**base, **{fields[name]: value})
    BotConfig(**base, max_daily_trades=amounts.MOST_TRADES, initial_capital=amounts.MOST_MONEY)


def test_every_default_answers_its_own_question():
    data = {"symbol": "BTCUSDT"}
    for name in bounds.DEFAULTS:
        assert answers.read(name, bounds.get(data, name), data, FACTS)


def test_a_mode_with_two_keys_asks_which():
    draft = steps.answer(draft_at("mode", {"symbol": "BTCUSDT"}), "local", FACTS, 1)
    assert draft.step == "key"
    draft = steps.answer(draft, "LABEL 2", FACTS, 1)
    assert (draft.step, draft.data["key"]) == ("name", "key2")


def test_on_futures_only_a_key_that_may_trade_them_is_taken():
    draft = steps.answer(draft_at("mode", {**ON_FUTURES, "key": ""}), "local", FACTS, 1)
    assert (draft.step, draft.data["key"]) == ("name", "key1")


@given(QUESTIONS)
def test_back_leaves_out_what_only_futures_ask(step):
    draft, seen = draft_at(step), set()
    while (before := steps.back(draft, 1)) is not None:
        draft = before
        seen.add(draft.step)
    assert not seen & bounds.FUTURES_ONLY


def test_a_mode_without_a_key_says_so():
    facts = steps.replace(FACTS, keys=())
    try:
        steps.answer(draft_at("mode"), "local", facts, 1)
    except InvalidValue as invalid:
        shown = plain(question(draft_at("mode"), facts, TEXTS, error=invalid))
    assert "“local” needs an exchange key" in shown


def test_a_month_is_never_taken_for_a_minute():
    for typed, fine in (("1M", False), ("15m", True), ("4H", True), ("2m", False)):
        try:
            answers.read("timeframe", typed, {}, FACTS)
            assert fine
        except InvalidValue:
            assert not fine
