"""`skipper demo` as a newcomer meets it: one command, one page, one tap."""

import asyncio
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
BROWSER = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
pytestmark = pytest.mark.journey
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
        async with asyncio.timeout(30):
            while "Ctrl+C" not in self.told:
                line = await self.process.stdout.readline()
                assert line, self.told
                self.told += line.decode()

    async def end(self):
        """Ctrl+C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            rest, _ = await self.process.communicate()
        self.told += rest.decode()
        return self.process.returncode


async def start(*words):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return Demo(process)


@pytest.fixture
async def demo():
    running = await start("--chat-port", "0", "--exchange-port", "0")
    try:
        await running.read()
        yield running
    finally:
        if running.process.returncode is None:
            running.process.kill()
            await running.process.communicate()


async def test_the_demo_ends_cleanly_and_leaves_nothing(demo):
    assert "skipper.db" in demo.files()

    assert await demo.end() == 0

    assert demo.files() == set()
    assert "Traceback" not in demo.told


async def test_a_taken_port_is_said_in_one_line(demo):
    port = re.search(r"chat page +http://127.0.0.1:(\d+)", demo.told)[1]

    second = await start("--exchange-port", "0", "--chat-port", port)
    told, _ = await second.process.communicate()

    assert second.process.returncode == 1
    assert f"port {port} cannot be used" in told.decode()
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("_browser", [pytest.param("chromium", marks=needs_chromium)])
async def test_the_page_shows_the_menu_after_start(demo, _browser):
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(demo.page)
        await page.click("text=START")
        await page.wait_for_selector(".bot .words:has-text('Skipper')")
        await page.click(".key:has-text('Keys')")
        await page.wait_for_selector(".bot .words:has-text('demo')")
        await browser.close()

    assert await demo.end() == 0
