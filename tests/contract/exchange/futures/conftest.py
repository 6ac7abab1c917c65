"""A futures trader on the local exchange."""

import pytest

from tests.contract.exchange.futures.lab import futures_venue


@pytest.fixture
async def venue():
    async with futures_venue() as ready:
        yield ready
