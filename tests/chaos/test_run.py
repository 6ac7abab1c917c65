"""A short stretch of chaos: nothing is doubled, lost or forgotten, and no check is blind.

The long form, over many seeds: ``python -m tests.chaos.run --mode mixed --seeds 20``.
"""

import asyncio
import time
from functools import partial

import pytest

from tests.chaos.acts import Stage, chat, kill_at, mute, pause, second_start, stream, take_over
from tests.chaos.evidence import read_tables
from tests.chaos.killer import PROTOCOL, RECOVERING, STARTING, TRADING, Moment
from tests.chaos.lies import overlooked
from tests.chaos.run import Plan, play

pytestmark = pytest.mark.journey
NOON = 1_780_056_000_000
ORDER = {"method": "POST", "path": "/api/v3/order"}
LIST = {"method": "POST", "path": "/api/v3/orderList/oco"}
# None that takes the half minute in which an order is proven absent: the long form has those.
DEATHS = [
    partial(kill_at, moment=moment)
    for moment in (
        Moment(PROTOCOL, 0.05, {"at": "request_read", **LIST}),
        Moment(STARTING, 0.05),
        Moment(PROTOCOL, 0.3, {"at": "accepted_not_answered", **ORDER}),
        Moment(RECOVERING, 0.0, {"at": "half_answer", **LIST}),
        Moment(TRADING, 0.4),
    )
]


async def both_markets_close_a_trade(stage: Stage) -> str:
    """How fast bots trade depends on the machine; lies need something to be told about."""
    file, give_up = stage.world.service.folder / "skipper.db", time.monotonic() + 120
    while True:
        positions = read_tables(file)[0]["positions"]
        closed = {p["market"] for p in positions if p["state"] == "closed"}
        if closed == {"spot", "futures"} and (await stage.world.books())["orderLists"]:
            return "traded"
        assert time.monotonic() < give_up, f"both markets should have traded: {positions}"
        await asyncio.sleep(0.2)


async def test_five_sudden_deaths_change_nothing_in_the_books_and_no_check_is_blind(tmp_path):
    acts = [*DEATHS, both_markets_close_a_trade]
    outcome = await play(
        tmp_path, Plan(11, "kill", "both", acts, ("BTCUSDT", "ETHUSDT"), 300.0, NOON)
    )
    assert outcome.problems == []
    assert outcome.did.total() == len(acts)
    assert len(outcome.seen.tables["trades"]) > 0
    assert list(overlooked(outcome.seen)) == []


async def test_pauses_second_services_cut_streams_and_silent_chats_change_nothing(tmp_path):
    acts = [pause, second_start, stream, take_over, chat, mute]
    outcome = await play(tmp_path, Plan(12, "mixed", "futures", acts, ("SOLUSDT",), 200.0, NOON))
    assert outcome.problems == []
    assert outcome.did.total() == len(acts)
