"""Money between the wallets, and panic over both markets, from beginning to end."""

from decimal import Decimal

from engine.core.bot_config import Direction
from engine.core.bot_state import BotState
from engine.core.market import Market
from engine.core.position import ExitReason, PositionState
from engine.core.transfer import TransferState
from engine.services import panic
from tests.contract.engine.futures_hands import FUTURES, held, waiting
from tests.contract.engine.lab import KEYS
from tests.contract.engine.rest import come_to_rest, faults_of
from tests.contract.engine.week import (
    FAR,
    beginning,
    enters,
    move_to,
    refuses,
    run_jobs,
)

SENT = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 10,
    "size": Decimal(100),
    "max_position": Decimal(50),
    "auto_transfer": True,
    "transfer_amount": Decimal(300),
}
MOVE = "/sapi/v1/asset/transfer"


def _wallets(lab):
    """Free money in the first key's spot and futures wallets."""
    floor = lab.world.futures.book.floor
    spot = lab.world.accounts[KEYS[0]].balance("USDT").free
    return spot, floor.accounts[KEYS[0]].wallet["USDT"]


async def test_a_futures_bot_lacks_margin_is_sent_what_lacks_over_midnight_and_enters(place):
    poor = {"USDT": Decimal(20)}
    async with beginning(place, "2026-06-01 23:58", futures=poor) as lab:
        bot = await lab.running(**SENT, stop_loss=Decimal(2), take_profit=Decimal(50))
        assert (await refuses(lab, bot)).check == "too_small"
        assert lab.requests(MOVE) == []
        lab.world.accounts[KEYS[0]].can_transfer = True
        await run_jobs(lab)
        assert _wallets(lab) == (Decimal(9_820), Decimal(200))
        await move_to(lab, "2026-06-02 00:01")
        assert len(lab.requests(MOVE)) == 1, "what was moved lacks no more"
        async with lab.storage.reading() as unit:
            (moved,) = await unit.transfers.recent(limit=10)
        assert (moved.state, moved.amount) == (TransferState.DONE, Decimal(180))
        position = await enters(lab, bot)
        assert 900 < position.entry_quote <= 1000
        assert await come_to_rest(lab) == []
        assert await faults_of(lab) == []


async def test_panic_ends_everything_on_both_markets_and_says_so_bot_by_bot(place):
    async with beginning(place, "2026-06-01 12:00") as lab:
        spot = await lab.running("Anna", **FAR)
        futures = await lab.running(
            "Berta", **FUTURES, stop_loss=Decimal(5), take_profit=Decimal(50)
        )
        idle = await lab.running("Carla", symbol="ETHUSDT", **FAR)
        for bot in (spot, futures):
            await enters(lab, bot)
        assert held(lab) > 0
        await panic.panic(lab.office, lab.account, close=True)

        async def over():
            await lab.job("reconcile")
            lines = await panic.look(lab.office, lab.account)
            return lines if all(line.done for line in lines) else None

        lines = await lab.until(over)
        assert {line.bot.id for line in lines} == {spot.id, futures.id, idle.id}
        assert {line.bot.state for line in lines} == {BotState.STOPPED}
        assert not any(line.holding or line.entering or line.refused for line in lines)
        for bot in (spot, futures):
            assert [t.reason for t in await lab.books.trades(bot)] == [ExitReason.PANIC]
        assert await lab.books.trades(idle) == []
        assert lab.books.venue(live=True) == []
        assert waiting(lab) == []
        assert held(lab) == 0
        assert lab.world.accounts[KEYS[0]].balance("ETH").free == 0
        assert {p.state for p in await lab.books.positions()} == {PositionState.CLOSED}
        await lab.restart()
        await move_to(lab, "2026-06-02 00:01")
        assert (await lab.books.bot(spot)).state is BotState.STOPPED
        assert await come_to_rest(lab) == []
        assert await faults_of(lab) == []
        await lab.agree()
