"""What people type to break the chat: nothing is lost, nothing crashes, nothing is given away."""

import html
import re
from dataclasses import replace

import pytest

from bot.dispatch import TABLE
from bot.screen import Person, Said
from bot.screens import keys
from bot.screens.context import Context
from bot.wizard import steps
from engine.core.account import Draft
from engine.services import drafts
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import TEXTS

SECRET = "aB3" * 21 + "x"
NO_NUMBERS = (
    " ", "\u200b\u2060", "abc", "NaN", "Infinity", "-inf", "1e309", "1e3", "0x10", "1'000",
    "1 000", "1_000", "1.000,5", "1,5,5", "5.", ".5", "5 5", "$5", "１００", "١٢", "²", "Ⅻ",
    "9" * 41, "1" * 4096, "x" * 4096, "\U0001f600" * 2048, "a\0b", "\x1b[31m", "5\n5",
    "5\r\nERROR forged", "\u202e5", "<b>5</b>", "</b><a href='x'>", "_*[]()~`>#", "{0.__class__}",
    "{value}{low}", "{{7*7}}", "%n%s%(x)s", "'; DROP TABLE bots;--", "../../etc/passwd",
    "@everyone", "🚀", "\ud800",
)  # fmt: skip
OUT_OF_RANGE = ("-5", "\u22125", "0", "-0", "0.00000001", "9" * 40, str(2**63))
SYMBOLS = ("ВТСUSDT", "BTCUSDT&side=SELL", "A" * 100, "USDT", "BTC\u200bUSDT", *NO_NUMBERS[:30])
PARAMS = ("param.ema_fast", "param.rsi_period", "param.oversold", "param.rsi_filter")
BEFORE = {"market": "spot", "symbol": "BTCUSDT", "timeframe": "1m", "strategy": "ema_rsi"}
NUMBERS = (
    *("size", "stop", "target", "trailing", "activation", "trades", "loss", "capital", "cap"),
    *("holding", "goal", "cooldown", "transfer"),
    *PARAMS[:3],
)
CHOICES = (
    *("market", "template", "timeframe", "strategy", "params", "direction", "mode", "key"),
    *(steps.EXITS, steps.LIMITS, steps.SUMMARY, PARAMS[3]),
)
FUTURES = {**BEFORE, "market": "futures", "leverage": "20"}


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


class Chatter:
    """Somebody whose every message meets one and the same question."""

    def __init__(self, office, account):
        person = Person(account.telegram_id, account.name)
        self.office = office
        self.ctx = Context(office, TEXTS, account, person, 1, 1)
        self.screen = None

    async def asked(self, step, kind="bot", **data):
        before = data or {k: v for k, v in BEFORE.items() if step not in {"market", "symbol"}}
        self.draft = Draft(self.ctx.account.id, kind, step, before, 7, 0, expects=step)
        await drafts.save(self.office, self.draft)

    async def says(self, text):
        """The answer as it is read; it fits one message and holds nothing invisible."""
        said = Said(self.ctx.person, 1, 1, text, 0)
        self.screen = await TABLE.said(self.ctx, said, 0.0, "E1")
        plain = html.unescape(re.sub(r"<[^>]*>", "", self.screen.text))
        assert "Something went wrong" not in plain
        assert len(plain) <= 4096
        assert re.search("[\x00-\x08\x0b-\x1f\u200b\u202e]", plain) is None
        assert all(button.text.strip() for row in self.screen.rows for button in row)
        return plain

    async def draft_now(self):
        return await drafts.load(self.office, self.ctx.account)


@pytest.fixture
async def chatter(office):
    return Chatter(office, await account_of(office))


def quoted(text):
    """The beginning of a text as it is given back."""
    seen = "".join(c if c.isprintable() else " " for c in text)
    return "“" + " ".join(seen.split())[:20].strip()


@pytest.mark.parametrize("step", NUMBERS)
async def test_what_is_no_number_is_given_back_with_the_range(step, chatter):
    await chatter.asked(step)

    for text in (*NO_NUMBERS, *OUT_OF_RANGE):
        plain = await chatter.says(text)

        assert quoted(text) in plain
        assert re.search(r"[\d.]+ to [\d.]+", plain), plain
        assert await chatter.draft_now() == chatter.draft


@pytest.mark.parametrize("step", ["size", "stop", "trailing", "activation", "loss"])
async def test_on_futures_too(step, chatter):
    chatter.office.catalogues[chatter.office.public].list_futures("BTCUSDT")
    await chatter.asked(step, **FUTURES)

    for text in (*NO_NUMBERS, *OUT_OF_RANGE):
        plain = await chatter.says(text)

        assert quoted(text) in plain
        assert re.search(r"[\d.]+ to [\d.]+", plain), plain
        assert await chatter.draft_now() == chatter.draft


async def test_what_is_no_leverage_is_given_back_and_any_great_one_becomes_fifty(chatter):
    await chatter.asked("leverage", **FUTURES)

    for text in (*NO_NUMBERS, "-5", "\u22125", "0", "-0", "0.5", "2.5", "x", "\u00d75"):
        plain = await chatter.says(text)
        assert quoted(text) in plain
        assert "1 to 50" in plain
        assert await chatter.draft_now() == chatter.draft
    for text in ("9" * 40, str(2**63), "51", "+60", "125 x", "50.5"):
        await chatter.asked("leverage", **FUTURES)
        await chatter.says(text)
        kept = (await chatter.draft_now()).data["leverage"]
        assert kept == ("20" if text == "50.5" else "50")


@pytest.mark.parametrize("step", CHOICES)
async def test_what_is_no_choice_is_given_back_with_the_choices(step, chatter):
    await chatter.asked(step)

    for text in (*NO_NUMBERS, *OUT_OF_RANGE):
        plain = await chatter.says(text)

        assert quoted(text) in plain
        assert "none of these" in plain or "Tap one of the buttons" in plain
        assert await chatter.draft_now() == chatter.draft


async def test_what_are_no_hours_is_given_back_with_how_to_write_them(chatter):
    await chatter.asked("hours")

    for text in (*NO_NUMBERS, *OUT_OF_RANGE, "25-26", "9-17 8-9", "mon-fri 9-17 Moon/Crater"):
        plain = await chatter.says(text)

        assert quoted(text) in plain
        assert "09:00-17:30" in plain or "mon-fri" in plain or "readable" in plain or "80" in plain
        assert await chatter.draft_now() == chatter.draft


async def test_what_is_no_symbol_is_given_back(chatter):
    await chatter.asked("symbol")

    for text in SYMBOLS:
        assert "no symbol I know" in await chatter.says(text)
        assert await chatter.draft_now() == chatter.draft


@pytest.mark.parametrize("typed", ["btc/usdt", "btc-usdt", " BtcUsdt ", "btc", "BTC_USDT"])
async def test_a_symbol_is_known_however_it_is_written(typed, chatter):
    await chatter.asked("symbol")

    await chatter.says(typed)

    assert (await chatter.draft_now()).data["symbol"] == "BTCUSDT"


@pytest.mark.parametrize(("typed", "stop"), [("1,5", "1.5"), ("2 %", "2"), ("+3%", "3")])
async def test_a_percentage_is_read_with_or_without_its_sign(typed, stop, chatter):
    await chatter.asked("stop")

    await chatter.says(typed)

    assert (await chatter.draft_now()).data["stop"] == stop


@pytest.mark.parametrize("typed", ["50%", "50%%", "%", "-1%"])
async def test_a_refused_percentage_is_given_back_as_it_was_typed(typed, chatter):
    await chatter.asked("size")

    assert f"“{typed}”" in await chatter.says(typed)


@pytest.mark.parametrize("typed", ["\u3164", "\u2800\uffa0", "\ufe0f", "\u0301\u0301", "\u200d"])
@pytest.mark.parametrize("step", ["name", "label"])
async def test_a_name_that_shows_nothing_is_refused(step, typed, chatter):
    await chatter.asked(step, "key" if step == "label" else "bot", **BEFORE, environment="testnet")

    assert "nothing readable" in await chatter.says(typed)
    assert await chatter.draft_now() == chatter.draft


@pytest.mark.parametrize("text", ["<b>x</b>", "{0.__class__}", "=HYPERLINK(1)", "'; DROP--", "🚀"])
async def test_a_strange_name_is_a_name(text, chatter):
    await chatter.asked("name")

    assert f"Name: {text}" in await chatter.says(text)


@pytest.mark.parametrize("step", sorted(keys.SECRET_STEPS))
async def test_what_is_no_key_is_deleted_and_never_repeated(step, chatter):
    sealed = {} if step == "api_key" else {"api_key": "bm90aGluZw=="}
    await chatter.asked(step, "key", environment="testnet", label="main", **sealed)

    for text in (f"{SECRET[:30]}\n{SECRET[30:]}", f"{SECRET[:9]} {SECRET[9:]}", "zz", "x" * 300):
        plain = await chatter.says(text)

        assert "does not look like one" in plain
        assert text[:9] not in plain
        assert chatter.screen.forget_input
        assert await chatter.draft_now() == chatter.draft


@pytest.mark.parametrize("around", ["{}", "my key is {}", "/{}", "/start {}", "/new{}", "ключ{}:"])
@pytest.mark.parametrize("step", [None, "symbol", "name", "size"])
async def test_a_secret_said_at_the_wrong_place_is_never_repeated(step, around, chatter):
    if step is not None:
        await chatter.asked(step)

    plain = await chatter.says(around.format(SECRET if around != "/new{}" else f" {SECRET}"))

    assert SECRET[:9] not in plain
    if step is not None:
        assert replace(await chatter.draft_now(), updated_at=0) == chatter.draft


@pytest.mark.parametrize("step", [None, "symbol", "size", "name", steps.SUMMARY])
async def test_what_has_no_words_gets_a_line_and_loses_nothing(step, chatter):
    if step is not None:
        await chatter.asked(step)

    assert "read text only" in await chatter.says("")
    assert step is None or await chatter.draft_now() == chatter.draft


@pytest.mark.parametrize("step", sorted(keys.SECRET_STEPS))
async def test_a_picture_of_a_key_is_deleted(step, chatter):
    await chatter.asked(step, "key", environment="testnet", label="main", api_key="")

    assert "does not look like one" in await chatter.says("")
    assert chatter.screen.forget_input
