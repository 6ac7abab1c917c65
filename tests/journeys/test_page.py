"""The demo's page in a real browser: a newcomer makes a bot and sees it trade."""

import pytest
from playwright.async_api import expect

from tests.journeys.demo import needs_chromium, phone, running

pytestmark = [pytest.mark.journey, *needs_chromium]
SPEED = "240"
# A candle lasts a quarter of a second, and generated prices trade within two hours of candles.
TRADE = 60


@pytest.mark.parametrize(("mode", "mark"), [(None, "PAPER"), ("Demo account", "DEMO")])
async def test_a_newcomer_makes_a_bot_and_sees_it_trade(mode, mark):
    async with running("--speed", SPEED, "--seed", "3") as demo, phone(demo) as newcomer:
        await newcomer.start()
        await newcomer.make_bot(mode=mode)
        assert newcomer.taps <= 8

        entry = await newcomer.reads("Bought BTC", TRADE)
        await expect(entry).to_contain_text(mark)
        await expect(entry).to_contain_text("stop")
        sold = await newcomer.reads("Sold BTC", TRADE)
        await expect(sold).to_contain_text("fees")

        await sold.locator(".key", has_text="Details").click()
        await newcomer.reads("before fees")
        assert newcomer.problems == []
        assert await demo.end() == 0
    assert "Traceback" not in demo.told


async def test_what_cannot_be_taken_is_given_back_with_what_can():
    async with running() as demo, phone(demo) as newcomer:
        await newcomer.start()
        for label, question in (("New bot", "Which market?"), ("Spot", "Which symbol?")):
            await newcomer.tap(label)
            await newcomer.reads(question)
        await newcomer.page.fill("#words", "nothing")
        await newcomer.page.press("#words", "Enter")
        await newcomer.reads("“nothing” is no symbol I know here")
        await newcomer.tap("BTCUSDT")
        await newcomer.reads("Which plan?")
        await expect(newcomer.page.locator("html")).to_have_js_property("scrollWidth", 390)
        assert newcomer.problems == []


async def test_the_fullest_summary_and_card_fit_a_narrow_phone():
    async with running("--speed", "60") as demo, phone(demo) as newcomer:
        await newcomer.page.set_viewport_size({"width": 360, "height": 740})
        await newcomer.start()
        await all_settings(newcomer)
        summary = await newcomer.reads("Check and create")
        for words in ("risk 1 % = 100", "Closed after: 1 h", "Mon–Fri 09:00–17:30 Europe/Berlin"):
            await expect(summary).to_contain_text(words)
        await newcomer.tap("Create and start")
        card = await newcomer.reads("next candle at")
        await expect(card).to_contain_text("pauses for 30 min after a loss")
        await expect(newcomer.page.locator("html")).to_have_js_property("scrollWidth", 360)
        assert newcomer.problems == []


async def all_settings(newcomer):
    """From home to a summary with everything set that can be set."""
    for label, question in (
        *(("New bot", "Which market?"), ("Futures", "Which symbol?"), ("BTCUSDT", "Which plan?")),
        *(("Trend", "Candles of which length?"), ("1m", "Which leverage?"), ("5×", "Which way")),
        *(("both ways", "How much stake"), ("Risk 1 %", "Stop loss"), ("1 %", "Take profit")),
        *(
            ("2 %", "More exits"),
            ("Trailing stop", "behind the best price"),
            ("0.5 %", "More exits"),
        ),
        *(("Longest holding", "at the latest?"), ("1 h", "More exits"), ("Next", "Limits:")),
        *(("Pause after a loss", "How long shall it pause"), ("30 min", "Limits:")),
        ("Hours", "When may it enter?"),
    ):
        await newcomer.tap(label)
        await newcomer.reads(question)
    await newcomer.page.fill("#words", "9 to 17:30 mon-fri berlin")
    await newcomer.page.press("#words", "Enter")
    await newcomer.reads("Limits:")
    await newcomer.tap("Rest as suggested")
