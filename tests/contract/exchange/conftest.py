"""Fixtures: the local exchange with our client, and every kind of trader in turn."""

import pytest

from tests.contract.exchange.lab import paper_venue, running


@pytest.fixture
async def lab():
    async with running() as ready:
        yield ready


@pytest.fixture(params=["spot", "paper"])
async def venue(request):
    if request.param == "paper":
        ready = paper_venue()
        yield ready
        ready.trader.close()
        return
    async with running() as lab:
        yield await lab.venue()
