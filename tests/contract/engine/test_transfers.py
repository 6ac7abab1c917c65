"""Money from the spot wallet for a futures bot, over the wire: what lacks, and never twice."""

from decimal import Decimal

import pytest

from engine.core.bot_config import Direction
from engine.core.market import Market
from engine.core.transfer import TransferState
from engine.exchange.simulator.server import DemoAccount
from engine.ports.account import Balance
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

PATH = "/sapi/v1/asset/transfer"
CONFIG = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 10,
    "size": Decimal(100),
    "max_position": Decimal(50),
    "auto_transfer": True,
    "transfer_amount": Decimal(300),
}
LATER = 301


@pytest.fixture
async def lab(place):
    accounts = tuple(
        DemoAccount(key, SECRET, MONEY, futures={"USDT": Decimal(20)}) for key in KEYS
    )
    async with opened(place, accounts=accounts) as ready:
        ready.world.accounts[KEYS[0]].can_transfer = True
        await ready.begin()
        yield ready


async def rows(lab):
    async with lab.storage.reading() as unit:
        return await unit.transfers.recent(limit=10)


async def told(lab, key):
    notices = [alert.params for alert in await lab.books.alerts("notice")]
    return [params for params in notices if params.get("text_key") == key]


def wallets(lab):
    account = lab.world.accounts[KEYS[0]]
    futures = lab.world.futures.book.floor.accounts[KEYS[0]]
    return account.balance("USDT").free, futures.wallet["USDT"]


async def test_only_what_the_stake_lacks_is_moved_and_then_the_bot_enters(lab):
    bot = await lab.running("Anna", **CONFIG)
    await lab.job("transfers")
    assert wallets(lab) == (Decimal(9_820), Decimal(200))
    (moved,) = await rows(lab)
    assert (moved.state, moved.amount, moved.bot_id) == (TransferState.DONE, Decimal(180), bot.id)
    (alert,) = await told(lab, "transfer.done")
    assert (alert["amount"], alert["quote"]) == ("180", "USDT")
    free = lambda: lab.engine.fleet.free(bot.account, "USDT").free  # noqa: E731
    await lab.until(lambda: free() == Decimal(200))
    await lab.job("transfers")
    assert len(lab.requests(PATH)) == 1
    position = await lab.enter(bot)
    assert position.entry_quote > 900


async def test_what_memory_does_not_show_yet_is_not_moved_again(lab):
    bot = await lab.running("Anna", **CONFIG | {"transfer_amount": Decimal(500)})
    await lab.job("transfers")
    await lab.until(lambda: lab.engine.fleet.free(bot.account, "USDT").free == Decimal(200))
    lab.engine.fleet.balances[bot.account] = {"USDT": Balance(Decimal(20), Decimal(0))}
    await lab.job("transfers")
    assert len(lab.requests(PATH)) == 1
    assert wallets(lab) == (Decimal(9_820), Decimal(200))


async def test_a_bot_that_was_not_allowed_to_is_sent_nothing(lab):
    off = CONFIG | {"auto_transfer": False, "transfer_amount": None}
    await lab.running("Anna", **off)
    await lab.job("transfers")
    assert lab.requests(PATH) == []


async def test_a_stopped_bot_is_sent_nothing(lab):
    bot = await lab.running("Anna", **CONFIG)
    await lab.stop(bot)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].bot.state.running)
    await lab.job("transfers")
    assert lab.requests(PATH) == []


async def test_more_than_the_days_bound_is_told_once_and_not_moved(lab):
    await lab.running("Anna", **CONFIG | {"transfer_amount": Decimal(100)})
    for _ in range(2):
        await lab.job("transfers")
    assert lab.requests(PATH) == []
    (alert,) = await told(lab, "transfer.short_bound")
    assert (alert["missing"], alert["bound"]) == ("180", "100")


async def test_an_empty_spot_wallet_is_told_and_nothing_is_asked(lab):
    lab.world.accounts[KEYS[0]].balance("USDT").free = Decimal(7)
    await lab.running("Anna", **CONFIG)
    await lab.job("transfers")
    assert lab.requests(PATH) == []
    (alert,) = await told(lab, "transfer.short_spot")
    assert (alert["missing"], alert["spot"]) == ("180", "7")


async def test_a_refusal_is_told_and_leaves_the_money_where_it_was(lab):
    lab.world.accounts[KEYS[0]].can_transfer = False
    await lab.running("Anna", **CONFIG)
    await lab.job("transfers")
    (failed,) = await rows(lab)
    assert failed.state is TransferState.FAILED
    assert wallets(lab)[1] == Decimal(20)
    (alert,) = await told(lab, "transfer.failed")
    assert "-2015" in alert["message"]


async def test_a_lost_answer_is_looked_up_and_never_asked_for_again(lab):
    await lab.running("Anna", **CONFIG)
    await lab.fault("drop_after", "POST", PATH)
    await lab.job("transfers")
    (doubted,) = await rows(lab)
    assert doubted.state is TransferState.UNKNOWN
    await lab.job("transfers")
    (found,) = await rows(lab)
    assert found.state is TransferState.DONE
    assert found.exchange_id is not None
    assert len(lab.requests(PATH)) == 1
    assert wallets(lab) == (Decimal(9_820), Decimal(200))


async def test_one_that_never_arrived_ends_after_the_wait_and_is_then_tried_anew(lab):
    await lab.running("Anna", **CONFIG)
    await lab.fault("drop_before", "POST", PATH)
    await lab.job("transfers")
    await lab.job("transfers")
    assert [t.state for t in await rows(lab)] == [TransferState.UNKNOWN]
    assert len(lab.requests(PATH)) <= 1
    await lab.advance(LATER)
    await lab.until(lambda: lab.engine.readiness.accounts)
    await lab.job("transfers")
    assert [t.state for t in await rows(lab)][-1] is TransferState.FAILED
    await lab.job("transfers")
    assert wallets(lab) == (Decimal(9_820), Decimal(200))


async def test_a_crash_between_intent_and_answer_moves_it_once(lab):
    await lab.running("Anna", **CONFIG)
    await lab.fault("drop_after", "POST", PATH)
    await lab.job("transfers")
    (doubted,) = await rows(lab)
    async with lab.storage.system() as unit:
        # As a kill right behind the request leaves it.
        await unit._work.rows(_as_sent(doubted.id))
        await unit.commit()
    await lab.restart()
    await lab.until(lambda: lab.engine.readiness.accounts)
    await lab.job("transfers")
    (found,) = await rows(lab)
    assert found.state is TransferState.DONE
    assert len(lab.requests(PATH)) == 1
    assert wallets(lab) == (Decimal(9_820), Decimal(200))


def _as_sent(transfer_id):
    from sqlalchemy import update

    from storage.models.records import transfers

    statement = update(transfers).where(transfers.c.id == transfer_id)
    return statement.values(state=TransferState.SENT).returning(transfers.c.id)


async def test_one_that_is_pending_is_neither_told_as_done_nor_asked_for_again(lab):
    await lab.running("Anna", **CONFIG)
    await lab.fault("drop_after", "POST", PATH)
    await lab.job("transfers")
    pending = {"rows.0.status": "PENDING"}
    await lab.fault("edit", "GET", PATH, changes=pending, times=None)
    await lab.advance(LATER)
    await lab.until(lambda: lab.engine.readiness.accounts)
    await lab.job("transfers")
    (waiting,) = await rows(lab)
    assert waiting.state is TransferState.UNKNOWN
    await lab.heal()
    await lab.job("transfers")
    assert [t.state for t in await rows(lab)] == [TransferState.DONE]
    assert len(lab.requests(PATH)) == 1
