"""`skipper demo` as a newcomer meets it: one command, one page, one tap."""

import re

import pytest

from tests.journeys.demo import needs_chromium, phone, running, start

pytestmark = pytest.mark.journey


@pytest.fixture
async def demo():
    async with running() as ready:
        yield ready


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
    async with phone(demo) as newcomer:
        await newcomer.start()
        await newcomer.tap("Keys")
        await newcomer.reads("demo · Demo account")

    assert await demo.end() == 0
