"""One client plays the script: ``python -m tests.conformance.play CLIENT MARKET URL KEY SECRET``.

Prints what it observed, act by act, as JSON. Every client has a process of its own, so that
what one of them changes in the libraries it shares with others stays with it.
"""

import asyncio
import importlib
import json
import sys

import aiohttp

from tests.conformance.script import SCRIPTS

SYMBOL = "BTCUSDT"


class Desk:
    """The exchange's own controls."""

    def __init__(self, url, session):
        self._url = url
        self._session = session

    async def price(self, price):
        await self._post("price", symbol=SYMBOL, price=price)

    async def fault(self, **rule):
        await self._post("faults", **rule)

    async def _post(self, name, **body):
        async with self._session.post(f"{self._url}/sandbox/{name}", json=body) as answer:
            assert answer.status == 200, await answer.text()


async def play(client, market, url, key, secret):
    """Observations of one client."""
    module = importlib.import_module(f"tests.conformance.{client}_{market}")
    async with aiohttp.ClientSession(trust_env=False) as session:
        desk, driver = Desk(url, session), module.Driver()
        await driver.start(url, key, secret)
        try:
            return [
                [act.name, act.arguments, await _done(desk, driver, act)]
                for act in SCRIPTS[market]
            ]
        finally:
            await driver.stop()


async def _done(desk, driver, act):
    async with asyncio.timeout(15):
        if act.name in {"price", "fault"}:
            return await getattr(desk, act.name)(**act.arguments)
        if act.name == "candle":
            return await _candle(desk, driver, **act.arguments)
        try:
            return await getattr(driver, act.name)(**act.arguments)
        except driver.refusals as refusal:
            return {"refused": driver.code(refusal)}


async def _candle(desk, driver, price):
    """Close of the running candle that a stream tells once the market has moved."""
    watching = asyncio.get_running_loop().create_task(driver.candle(float(price)))
    while not watching.done():
        await desk.price(price)
        await asyncio.wait([watching], timeout=0.05)
    return watching.result()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(play(*sys.argv[1:]))))
