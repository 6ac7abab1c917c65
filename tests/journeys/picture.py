"""Makes the README's picture: ``python -m tests.journeys.picture``, by hand, needs Chromium.

It runs `skipper demo`, makes a bot by taps and waits for what shall be seen: on a light phone the
bot's card while it holds a position, on a dark one an entry and the exit that took its profit.
Prices depend on the hour, so it may take some minutes and looks a little different every time.
"""

import asyncio
import base64
import struct
import zlib

import numpy as np
from playwright.async_api import Page, async_playwright, expect

from tests.journeys.demo import BROWSER, CHROMIUM, ROOT, phone, running

PICTURE = ROOT / ".github" / "chat.png"
SPEED = "60"
MOST_BYTES = 150_000
COLOURS = 256
_HOLDING = "on the exchange"
_LONGEST_MS = 900_000
_WIDTH, _HEIGHT, _GAP = 800, 844, 410
_DRAWN = """async ([width, height, gap]) => {
  const pen = new OffscreenCanvas(width, height).getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, width, height);
  [...document.images].forEach((image, n) => pen.drawImage(image, n * gap, 0));
  const bytes = pen.getImageData(0, 0, width, height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}"""


async def make() -> bytes:
    """The picture as a PNG."""
    async with running("--speed", SPEED) as demo:
        async with phone(demo, color_scheme="light") as newcomer:
            await newcomer.start()
            await newcomer.make_bot(mode="Demo account")
            card = await _card_in_position(newcomer.page)
        async with phone(demo, color_scheme="dark") as onlooker:
            exit_ = await _profit(onlooker.page)
    return await _side_by_side(card, exit_)


async def _card_in_position(page: Page) -> bytes:
    """The newest entry alert and below it the card, opened while the position is held."""
    while True:
        entries = page.locator("li.bot", has_text="Bought BTC")
        seen = await entries.count()
        await expect(entries).not_to_have_count(seen, timeout=_LONGEST_MS)
        await entries.last.locator(".key", has_text="Card").click()
        newest = page.locator("li.bot").last
        await expect(newest).to_contain_text("today")
        if _HOLDING in await newest.inner_text():
            return await _still(page)


async def _profit(page: Page) -> bytes:
    profits = page.locator("li.bot", has_text="Sold BTC: profit")
    await expect(profits.first).to_be_visible(timeout=_LONGEST_MS)
    return await _still(page)


async def _still(page: Page) -> bytes:
    await expect(page.locator("#toast")).to_be_hidden()
    return await page.screenshot(animations="disabled")


async def _side_by_side(*stills: bytes) -> bytes:
    images = "".join(
        f"<img src='data:image/png;base64,{base64.b64encode(still).decode()}'>" for still in stills
    )
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
        page = await browser.new_page()
        await page.set_content(images)
        drawn = base64.b64decode(await page.evaluate(_DRAWN, [_WIDTH, _HEIGHT, _GAP]))
        await browser.close()
    pixels = np.frombuffer(drawn, np.uint8).reshape(_HEIGHT, _WIDTH, 4)[:, :, :3]
    return _png(pixels)


def _png(pixels) -> bytes:
    """A PNG with a palette of the commonest colours (PNG specification, 11.2); shape (h, w, 3)."""
    rough = (pixels >> 3).astype(np.int64) @ [1 << 10, 1 << 5, 1]
    codes, where, counts = np.unique(rough, return_inverse=True, return_counts=True)
    colours = np.column_stack([codes >> 10, codes >> 5 & 31, codes & 31]) * 255 // 31
    chosen = np.argsort(counts)[::-1][:COLOURS]
    nearest = ((colours[:, None] - colours[None, chosen]) ** 2).sum(axis=2).argmin(axis=1)
    indices = nearest[where].reshape(rough.shape).astype(np.uint8)
    height, width = indices.shape
    lines = np.column_stack([np.zeros(height, np.uint8), indices]).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = colours[chosen].astype(np.uint8).tobytes()
    packed = zlib.compress(lines, 9)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


if __name__ == "__main__":
    picture = asyncio.run(make())
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"{len(picture)} bytes are too many: make it again with less on it")
    PICTURE.write_bytes(picture)
