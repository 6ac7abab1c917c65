"""Funding that fell due, and an exit that came after it, while nobody listened for hours."""

from decimal import Decimal

from tests.contract.engine.futures_hands import FUTURES
from tests.contract.engine.rest import come_to_rest
from tests.contract.engine.week import beginning, enters

HOUR = 3600


async def test_a_payment_of_an_outage_is_booked_however_long_that_was(place):
    async with beginning(place, "2026-06-01 07:30") as lab:
        wide = {"stop_loss": Decimal(10), "take_profit": Decimal(50)}
        bot = await lab.running("Anna", **FUTURES, **wide)
        await enters(lab, bot)
        await lab.crash()
        # Funding at 08:00, the stop at 08:30, back after half past noon.
        await lab.advance(HOUR)
        await lab.control("price", symbol="BTCUSDT", price="44500")
        await lab.advance(4 * HOUR)
        await lab.begin()
        await lab.until(lambda: lab.books.trades(bot))
        await come_to_rest(lab)
        await lab.job("reconcile")
        await lab.job("reconcile")
        income = [entry for _, entry in lab.world.futures.book.floor.shelf.income]
        paid = sum(entry.amount for entry in income if entry.kind == "FUNDING_FEE")
        (trade,) = await lab.books.trades(bot)
        assert paid != 0
        assert trade.funding == paid
        async with lab.storage.reading() as unit:
            assert await unit.positions.unfunded(bot.account) == []
