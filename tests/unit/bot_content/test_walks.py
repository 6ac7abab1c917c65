"""Whatever is tapped and typed in whatever order: every screen is drawn, every bot is valid."""

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.actions import decode
from bot.texts import Texts
from bot.views.presets import PERCENT_SIGN
from bot.views.wizard import question
from bot.wizard import bounds, steps
from bot.wizard.config import settled
from bot.wizard.templates import OWN, TEMPLATES
from engine.core.account import Key, KeyState
from engine.core.bot_config import BotConfig, Environment, Mode, Sizing
from engine.core.errors import InvalidValue
from engine.core.market import Market
from engine.strategies.base import Param
from engine.strategies.frames import FrameStrategy
from engine.strategies.registry import forget_registered, names, register
from tests.fakes.office import futures_rules, rules
from tests.unit.bot_content.chat import labels, plain

TEXTS = Texts()
LONGEST_MESSAGE, LONGEST_DATA = 4096, 64
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
        futures=True,
        transfers=number == 1,
    )
    for number in (1, 2)
)
WORDS = st.one_of(
    st.sampled_from(
        ["own", "trend", "1%risk", "risk 2%", "50%", "25", "100", "off", "2h", "1d", "0.7", "50"]
    ),
    st.sampled_from(["9-17 mon-fri", "22:00-6 berlin", "always", "local", "paper", "label 2"]),
    st.integers(0, 5000).map(str),
    st.text(max_size=20),
)
FOREIGN = FrameStrategy(
    name="a strategy whose name is longer than any button",
    title="Somebody's <b>own</b>",
    source="somewhere:it",
    about="one line\nand another " * 40,
    params=(
        Param("a parameter whose name is longer than any button", "float", -1.5, "its own words"),
        Param("fast", "bool", True, "param.nothing"),
        Param("kind", "choice", "a", "", choices=("a", "b/c", "ü")),
        Param("span", "int", 3, "how many", low=-5, high=1e9),
    ),
)


@pytest.fixture(scope="module", autouse=True)
def foreign():
    register(FOREIGN)
    yield
    forget_registered()


def facts_of(draft, price=Decimal(60_000)):
    futures = bounds.of_futures(draft.data)
    return bounds.Facts(
        modes=(Mode.PAPER, Mode.LOCAL),
        keys=KEYS,
        names=frozenset({"taken"}),
        symbol="BTCUSDT",
        rules=(futures_rules() if futures else rules()) if "symbol" in draft.data else None,
        price=price,
        markets=tuple(Market),
        strategies=tuple(name for name in names() if name != "ai"),
        zone="Europe/Berlin",
    )


class Walk(RuleBasedStateMachine):
    """Somebody before the new-bot conversation, with all its buttons and a keyboard."""

    @initialize()
    def opens(self):
        self.draft = steps.begin(1, 0)

    def facts(self):
        return facts_of(self.draft)

    def screen(self, error=None):
        return question(self.draft, self.facts(), TEXTS, top=("BTCUSDT",), error=error)

    def tries(self, move):
        before, refused = dict(self.draft.data), None
        try:
            self.draft = move() or self.draft
        except InvalidValue as invalid:
            refused = invalid
        if refused is not None:
            assert self.draft.data == before
            assert "⚠" in plain(self.screen(refused))

    @rule(text=WORDS)
    def types(self, text):
        self.tries(lambda: steps.answer(self.draft, text, self.facts(), 1))

    @rule(data=st.data())
    def taps(self, data):
        pressed = data.draw(st.sampled_from([b.data for row in self.screen().rows for b in row]))
        action = decode(pressed)
        self.tries(lambda: self._move(action))

    def _move(self, action):
        draft, facts = self.draft, self.facts()
        moves = {
            "set": lambda: steps.answer(draft, action.ref.replace(PERCENT_SIGN, "%"), facts, 1),
            "next": lambda: steps.onward(draft, facts, 1),
            "at": lambda: steps.jump(draft, action.ref, 1),
            "back": lambda: steps.back(draft, 1),
            "cancel": lambda: None,
            "create": self._create,
        }
        return moves[action.verb]()

    def _create(self):
        try:
            config = settled(self.draft, self.facts())
        except InvalidValue as invalid:
            return steps.mend(self.draft, invalid, 1)
        assert isinstance(config, BotConfig)
        assert BotConfig.model_validate_json(config.model_dump_json()) == config
        assert config.auto_transfer <= (config.market is Market.FUTURES and config.mode.keyed)
        return None

    @invariant()
    def is_drawn(self):
        if not hasattr(self, "draft"):
            return
        screen = self.screen()
        assert 0 < len(plain(screen)) <= LONGEST_MESSAGE
        assert all(len(b.data.encode()) <= LONGEST_DATA for row in screen.rows for b in row)
        assert all(label.strip() for label in labels(screen))
        assert steps.unpark(1, steps.park(self.draft), 0).data == self.draft.data


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

OLD = {"market": "spot", "symbol": "BTCUSDT", "timeframe": "5m", "strategy": "ema_rsi"}
OLD_ORDER = (
    *("market", "symbol", "timeframe", "strategy", "params", "leverage", "direction", "size"),
    *("stop", "target", "trailing", "trades", "loss", "mode", "key", "name", "summary"),
)


@given(
    st.sampled_from(OLD_ORDER),
    st.sampled_from([{}, {"size": "5%"}, {"trailing": "0.5", "activation": "1", "loss": "25"}]),
    st.sampled_from([{}, {"market": "futures", "leverage": "10", "size": "60"}]),
    st.sampled_from([{}, {"return": "summary"}, {"mode": "local", "key": "key1"}]),
)
def test_a_draft_of_the_version_before_goes_on_to_a_bot(step, answers, futures, more):
    assume(step != "key" or "key" in more)
    assume(step != "summary" or "return" not in more)
    data = OLD | futures | answers | more
    draft = steps.present(steps.replace(steps.begin(1, 0), step=step, data=data))
    for _ in range(30):
        assert question(draft, facts_of(draft), TEXTS).rows
        if draft.step == steps.SUMMARY:
            break
        draft = steps.onward(draft, facts_of(draft), 1)
    config = settled(draft, facts_of(draft))
    assert (config.strategy, config.timeframe) == ("ema_rsi", "5m")
    assert (config.trading_hours, config.max_holding_minutes) == (None, None)
    assert draft.data.get("return") is None


@pytest.mark.parametrize("step", ["nonsense", "param.gone", "exits", "hours"])
def test_a_question_that_there_is_no_more_leads_to_one_that_there_is(step):
    lost = steps.replace(steps.begin(1, 0), step=step, data={})
    for data in ({}, OLD, OLD | {"strategy": "gone", "template": "gone"}):
        draft = steps.present(steps.replace(lost, data=data))
        assert question(draft, facts_of(draft), TEXTS).rows


def test_a_strategy_that_is_gone_is_asked_for_again():
    data = OLD | {"strategy": "gone", "param.rsi_period": "many"}
    draft = steps.replace(steps.begin(1, 0), step="summary", data=data)
    with pytest.raises(InvalidValue) as refused:
        settled(draft, facts_of(draft))
    assert steps.mend(draft, refused.value, 1).step == "strategy"


@pytest.mark.parametrize("name", [n for n, t in TEMPLATES.items() if t.strategy in names()])
def test_a_template_answers_what_belongs_to_it_and_everything_may_be_changed(name):
    plan = TEMPLATES[name]
    before = OLD | {"stop": "7", "holding": "60", "param.rsi_period": "9"}
    draft = steps.replace(steps.begin(1, 0), step="template", data=before)
    facts = bounds.Facts(
        symbol="BTCUSDT", rules=rules(), price=Decimal(60_000), strategies=(plan.strategy,)
    )
    draft = steps.answer(draft, name, facts, 1)
    assert draft.step == "timeframe"
    assert bounds.get(draft.data, "strategy") == plan.strategy
    assert bounds.get(draft.data, "stop") == plan.answers.get("stop", "1")
    assert bounds.get(draft.data, "holding") == plan.answers.get("holding", "off")
    assert settled(draft, facts).strategy == plan.strategy
    draft = steps.answer(steps.jump(draft, "stop", 1), "3", facts, 1)
    assert bounds.get(draft.data, "stop") == "3"


def test_ones_own_settings_keep_what_was_answered():
    draft = steps.replace(steps.begin(1, 0), step="template", data=OLD | {"stop": "7"})
    draft = steps.answer(draft, OWN, facts_of(draft), 1)
    assert draft.data["stop"] == "7"
    assert steps.answer(draft, "5m", facts_of(draft), 1).step == "strategy"


def test_another_strategy_takes_no_settings_over():
    draft = steps.replace(steps.begin(1, 0), step="strategy", data=OLD | {"param.span": "7"})
    draft = steps.answer(draft, FOREIGN.title, facts_of(draft), 1)
    assert bounds.params_of(draft.data)["span"] == 3
    draft = steps.answer(steps.jump(draft, "param.3", 1), "-5", facts_of(draft), 1)
    draft = steps.answer(steps.jump(draft, "param.1", 1), "no", facts_of(draft), 1)
    draft = steps.answer(steps.jump(draft, "param.0", 1), "-2,5", facts_of(draft), 1)
    config = settled(draft, facts_of(draft))
    assert list(config.params.values()) == [-2.5, False, "a", -5]


@pytest.mark.parametrize(
    ("typed", "rule_", "size"),
    [
        ("25", Sizing.FIXED, 25),
        ("2 %", Sizing.PERCENT, 2),
        ("risk 1%", Sizing.RISK, 1),
        ("0,5% risk", Sizing.RISK, Decimal("0.5")),
        ("RISK 2", Sizing.RISK, 2),
    ],
)
def test_a_size_is_an_amount_a_share_or_a_risk(typed, rule_, size):
    draft = steps.replace(steps.begin(1, 0), step="size", data=OLD)
    draft = steps.answer(draft, typed, facts_of(draft), 1)
    config = settled(draft, facts_of(draft))
    assert (config.sizing, config.size) == (rule_, size)


def test_a_risk_says_what_it_buys_at_the_present_price_and_stop():
    draft = steps.replace(steps.begin(1, 0), step="size", data=OLD | {"cap": "100", "stop": "2"})
    draft = steps.answer(draft, "risk 1%", facts_of(draft), 1)
    shown = plain(question(steps.jump(draft, "size", 1), facts_of(draft), TEXTS))
    assert "Risk 1 %: now 500 USDT a trade (0.00833 BTC), its stop at 2 % costs 10 USDT" in shown
    capped = steps.answer(steps.jump(draft, "cap", 1), "10", facts_of(draft), 1)
    shown = plain(question(capped, facts_of(capped), TEXTS))
    assert "the cap of 10 % makes it 100 USDT a trade (0.00166 BTC)" in shown
    assert "costs 2 USDT" in shown


def test_a_key_that_may_move_money_asks_how_much_and_another_one_refuses():
    data = OLD | {"market": "futures", "size": "60", "mode": "local"}
    draft = steps.replace(steps.begin(1, 0), step="key", data=data)
    able = steps.answer(draft, "label 1", facts_of(draft), 1)
    assert able.step == "transfer"
    able = steps.answer(able, "250", facts_of(able), 1)
    config = settled(able, facts_of(able))
    assert (config.auto_transfer, config.transfer_amount) == (True, 250)
    other = steps.answer(draft, "label 2", facts_of(draft), 1)
    assert other.step == "name"
    with pytest.raises(InvalidValue, match="no_transfer"):
        steps.answer(steps.jump(other, "transfer", 1), "250", facts_of(other), 1)
    paper = steps.answer(steps.jump(able, "mode", 1), "paper", facts_of(able), 1)
    config = settled(paper, facts_of(paper))
    assert (config.auto_transfer, config.transfer_amount) == (False, None)
