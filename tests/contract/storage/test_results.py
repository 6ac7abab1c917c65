"""What statistics read: every closed trade with the books that it was made in."""

from engine.core.account import KeyState
from engine.core.bot_config import Mode
from engine.core.position import ExitReason, PositionState
from engine.ports.records import Result
from tests.contract.storage import makers
from tests.contract.storage.makers import AT, D


async def closed(storage, who, decision, account, **changes):
    async with storage.system() as unit:
        position = makers.position(
            who.bot,
            decision,
            account=account,
            state=PositionState.CLOSED,
            base="ETH",
            quote="USDC",
        )
        position = await unit.positions.add(position)
        trade = await unit.trades.add(makers.trade(position, **changes))
        await unit.commit()
    return trade


async def read(storage, owner=None, **how):
    async with storage.reading(owner) as unit:
        return await unit.results.page(**({"limit": 100} | how))


async def test_a_result_says_in_which_books_it_stands(storage, anna):
    key = anna.key.id
    accounts = [f"paper:{anna.bot.id}", f"key:{key}", f"futures:{key}"]
    trades = [await closed(storage, anna, n, account) for n, account in enumerate(accounts, 1)]

    results = await read(storage, anna.account.id)

    assert [result.mode for result in results] == [Mode.PAPER, Mode.TESTNET, Mode.TESTNET]
    first = trades[0]
    assert results[0] == Result(
        id=first.id,
        bot_id=anna.bot.id,
        mode=Mode.PAPER,
        base="ETH",
        quote="USDC",
        opened_at=AT,
        closed_at=AT + 60_000,
        gross=D("1.00129"),
        net=D("-0.00000001"),
        funding=D("0.00000034"),
        fees={"USDT": D("0.2")},
        reason=ExitReason.SIGNAL,
    )


async def test_pages_follow_each_other_until_all_is_read(storage, anna):
    for decision in range(1, 6):
        await closed(storage, anna, decision, "paper:1", closed_at=AT - decision)
    pages, after = [], 0
    while page := await read(storage, limit=2, after=after):
        pages.append(len(page))
        after = page[-1].id
    assert pages == [2, 2, 1]


async def test_everybody_reads_their_own_and_the_system_all(storage, anna, bert):
    hers = await closed(storage, anna, 1, "paper:1")
    his = await closed(storage, bert, 1, f"key:{bert.key.id}")

    assert [result.id for result in await read(storage, anna.account.id)] == [hers.id]
    assert [result.id for result in await read(storage, bert.account.id)] == [his.id]
    assert [result.id for result in await read(storage)] == [hers.id, his.id]
    assert [r.id for r in await read(storage, bot_id=bert.bot.id)] == [his.id]
    assert await read(storage, anna.account.id, bot_id=bert.bot.id) == []
    async with storage.reading(anna.account.id) as unit:
        both = [anna.bot.id, bert.bot.id]
        assert await unit.results.nets() == {anna.bot.id: hers.net}
        assert await unit.results.capitals(both) == {anna.bot.id: D("1234.56789012")}


async def test_a_deleted_bots_results_and_capital_stay(storage, anna):
    trade = await closed(storage, anna, 1, "paper:1")
    async with storage.of(anna.account.id) as unit:
        await unit.bots.delete(anna.bot.id)
        await unit.commit()
    assert [result.id for result in await read(storage, anna.account.id)] == [trade.id]
    async with storage.reading(anna.account.id) as unit:
        assert list(await unit.results.capitals([anna.bot.id])) == [anna.bot.id]


async def test_results_of_a_removed_key_stay_what_they_were(storage, anna):
    await closed(storage, anna, 1, f"key:{anna.key.id}")
    async with storage.of(anna.account.id) as unit:
        await unit.keys.set_state(anna.key.id, KeyState.REMOVED, "", AT)
        await unit.commit()
    assert [result.mode for result in await read(storage, anna.account.id)] == [Mode.TESTNET]


async def test_nets_of_a_bot_add_up_exactly(storage, anna):
    for decision, net in enumerate(("0.1", "0.2", "-12345678901234.00000001"), 1):
        await closed(storage, anna, decision, "paper:1", net=D(net))
    async with storage.reading() as unit:
        assert await unit.results.nets() == {anna.bot.id: D("-12345678901233.70000001")}
