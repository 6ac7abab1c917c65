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
