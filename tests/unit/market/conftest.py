import pytest

from tests.unit.market.world import FeedWorld


@pytest.fixture
async def world():
    made = FeedWorld()
    yield made
    await made.nursery.close()
