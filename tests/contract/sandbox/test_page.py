"""The chat page in a real browser, at the size of a phone."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox.server import LocalChat

CHROMIUM = shutil.which("chromium")
ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(
        CHROMIUM is None and "chromium" not in os.environ.get("SKIPPER_REQUIRE", ""),
        reason="no Chromium here",
    ),
]


@pytest.fixture
async def page(chat: LocalChat) -> AsyncIterator[Page]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        tab = await browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on(
            "console", lambda line: problems.append(line.text) if line.type == "error" else None
        )
        foreign: list[str] = []
        tab.on("request", lambda r: foreign.append(r.url) if not _ours(r.url, chat) else None)
        yield tab
        assert problems == []
        assert foreign == []
        await browser.close()


def _ours(url: str, chat: LocalChat) -> bool:
    return url.startswith((chat.url, "data:"))


async def _next(bot: Bot, seen: list[int]):
    updates = await bot.get_updates(offset=seen[0], timeout=10)
    seen[0] = updates[-1].update_id + 1
    return updates[-1]


async def test_a_person_types_presses_and_sees_the_edit_and_the_toast(bot, chat, page) -> None:
    seen = [0]
    await bot.set_my_commands([BotCommand("home", "Overview")])
    await page.goto(f"{chat.url}/?start=invite_7")
    assert "SANDBOX" in await page.inner_text(".mark")
    await page.click("text=START")
    assert (await _next(bot, seen)).message.text == "/start invite_7"
    await page.fill("#words", "hello <img src=x onerror=alert(1)>")
    await page.press("#words", "Enter")
    assert (await _next(bot, seen)).message.text.startswith("hello <img")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    html = "<b>bold</b>\n<pre>BTC  1.0</pre>\n&lt;script&gt; /home"
    message = await bot.send_message(1, html, parse_mode="HTML", reply_markup=keys)
    await page.wait_for_selector(".bot .words pre:text('BTC  1.0')")
    assert await page.locator(".words img, .words script").count() == 0
    await page.click(".key:text('Go')")
    query = (await _next(bot, seen)).callback_query
    await query.answer("Done that")
    await page.wait_for_selector("#toast:text('Done that')")
    await message.edit_text("changed in place")
    await page.wait_for_selector(f"li[data-id='{message.message_id}'] :text('changed in place')")
    assert await page.locator(".key").count() == 0
    await bot.send_chat_action(1, "typing")
    await page.wait_for_selector("#status.typing")
    await message.delete()
    await page.wait_for_selector(f"li[data-id='{message.message_id}']", state="detached")
    await page.click("#menu")
    await page.click(".command:has-text('Overview')")
    assert (await _next(bot, seen)).message.text == "/home"
    await expect(page.locator("html")).to_have_js_property("scrollWidth", 390)


async def test_an_alert_waits_to_be_closed_and_a_block_to_be_lifted(bot, chat, page) -> None:
    seen = [0]
    await page.goto(chat.url)
    await page.click("text=START")
    await _next(bot, seen)
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    await bot.send_message(1, "x", reply_markup=keys)
    await page.click(".key")
    await (await _next(bot, seen)).callback_query.answer("Too small", show_alert=True)
    await page.click("dialog[open]:has-text('Too small') button")
    await page.click("#block")
    assert (await _next(bot, seen)).my_chat_member.new_chat_member.status == "kicked"
    await page.click("text=UNBLOCK")
    await page.wait_for_selector("#words")


async def test_the_second_person_has_a_chat_of_their_own(bot, chat, page) -> None:
    await page.goto(chat.url)
    await page.click("text=START")
    await bot.get_updates(timeout=10)
    await bot.send_message(1, "for one only")
    await page.wait_for_selector(".bot")
    await page.select_option("#people", "2")
    await page.wait_for_url("**/?user=2")
    await page.wait_for_selector("#start")
    assert await page.locator(".bot").count() == 0
