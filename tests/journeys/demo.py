"""`skipper demo` as its own process, and a phone's browser to meet it with."""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
BROWSER = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"width": 390, "height": 844}
PATIENCE = 30
needs_chromium = [
    pytest.mark.chromium,
    pytest.mark.skipif(
        CHROMIUM is None and "chromium" not in os.environ.get("SKIPPER_REQUIRE", ""),
        reason="no Chromium here",
    ),
]


class Demo:
    """A running demo; ``told`` is what it printed."""

    def __init__(self, process):
        self.process = process
        self.told = ""

    @property
    def page(self):
        """The chat page's address."""
        return re.search(r"chat page +(\S+)", self.told)[1]

    def files(self):
        """What lies in its data folder."""
        folder = Path(re.search(r"data +(\S+)", self.told)[1])
        return {path.name for path in folder.glob("*")}

    async def read(self):
        """Read until it says that it is ready."""
        async with asyncio.timeout(PATIENCE):
            while "Ctrl+C" not in self.told:
                line = await self.process.stdout.readline()
                assert line, self.told
                self.told += line.decode()

    async def end(self):
        """Ctrl+C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            rest, _ = await self.process.communicate()
        self.told += rest.decode()
        return self.process.returncode


async def start(*words):
    """Begin a demo; ``read`` waits until it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return Demo(process)


@asynccontextmanager
async def running(*words) -> AsyncIterator[Demo]:
    """A demo on free ports that is ready, and gone afterwards."""
    demo = await start("--chat-port", "0", "--exchange-port", "0", *words)
    try:
        await demo.read()
        yield demo
    finally:
        if demo.process.returncode is None:
            demo.process.kill()
            await demo.process.communicate()


@asynccontextmanager
async def phone(demo, **look) -> AsyncIterator["Newcomer"]:
    """A phone that has opened the demo's page; ``look`` are options of the browser's context."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
        page = await browser.new_page(viewport=PHONE, **look)
        newcomer = Newcomer(page)
        await page.goto(demo.page)
        yield newcomer
        await browser.close()


class Newcomer:
    """Somebody with the page before them; ``taps`` counts, ``problems`` are the browser's."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.problems.append(line.text))

    async def start(self):
        """Tap START."""
        await self.page.locator("#start").click()
        self.taps += 1
        await self.reads("No bots yet")

    async def tap(self, label):
        """Tap the newest button with this label."""
        await self.page.locator(".key", has_text=label).last.click()
        self.taps += 1

    async def reads(self, words, patience=PATIENCE):
        """The newest message of the bot with these words, waited for."""
        message = self.page.locator("li.bot", has_text=words).last
        await expect(message).to_be_visible(timeout=patience * 1000)
        return message

    async def make_bot(self, symbol="BTCUSDT", *, mode=None):
        """From home to a running bot, by buttons alone and as suggested."""
        for label, question in (
            ("New bot", "Which market?"),
            ("Spot", "Which symbol?"),
            (symbol, "Which plan?"),
            ("Rest as suggested", "Check and create"),
        ):
            await self.tap(label)
            await self.reads(question)
        if mode is not None:
            await self.tap("✏ Mode")
            await self.reads("How shall it trade?")
            await self.tap(mode)
            await self.reads("Check and create")
        await self.tap("Create and start")
        await self.reads("Running")
