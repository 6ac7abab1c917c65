"""Several bots, stops in between, and the limits of a day."""

from decimal import Decimal

from engine.core.bot_state import BotState
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason

ORDER = "/api/v3/order"
TO_MIDNIGHT = 12 * 3600


async def outcome(lab, bot):
    """What became of the bot's newest signal."""
    async with lab.storage.reading() as unit:
        return await unit.signals.last(bot.id)


async def test_a_request_of_one_bot_that_hangs_does_not_delay_anothers_exit(lab):
    first = await lab.running("Anna")
    second = await lab.running("Berta", symbol="ETHUSDT")
    await lab.enter(first)
    await lab.fault("delay", "POST", ORDER, ms=1_000)
    lab.buy(second)
    await lab.until(lambda: len(lab.requests(ORDER)) == 2)
    await lab.close_by_hand(first)
    assert (await lab.closed(first)).reason is ExitReason.MANUAL
    assert not lab.books.venue(Leg.ENTRY)[1:], "the other one's request still hangs"
    await lab.covered(second)
    await lab.agree()


async def test_a_stop_between_plan_and_sending_withdraws_the_entry(lab):
    bot = await lab.running()
    lab.hold(bot)
    lab.buy(bot)
    await lab.until(lambda: lab.books.order(bot, Leg.ENTRY))
    await lab.stop(bot)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].bot.state.running)
    lab.release(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("entry_failed"))
    assert told.bot_id == bot.id
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED
    assert (await lab.books.bot(bot)).state is BotState.STOPPED
    assert not lab.requests(ORDER)


async def test_a_stop_while_the_entry_is_under_way_protects_what_was_bought(lab):
    bot = await lab.running()
    await lab.fault("delay", "POST", ORDER, ms=200)
    lab.buy(bot)
    await lab.until(lambda: lab.requests(ORDER))
    await lab.stop(bot)
    await lab.covered(bot)
    assert (await lab.books.bot(bot)).state is BotState.STOPPED
    await lab.agree()


async def test_bots_on_one_candle_share_the_money_that_is_there(lab):
    bots = [
        await lab.add_bot(f"bot {number}", size=Decimal(3_000), max_position=Decimal(100))
        for number in range(5)
    ]
    for bot in bots:
        await lab.ready(bot)
    lab.buy(bots[0])
    spent = [(await lab.covered(bot)).entry_quote for bot in bots[:4]]
    assert [round(quote, -3) for quote in spent] == [3_000, 3_000, 3_000, 1_000]
    row = await lab.until(lambda: outcome(lab, bots[4]))
    assert (row.outcome, row.refused.check) == ("refused", "balance")
    assert all(order.state is not OrderState.REJECTED for order in await lab.books.orders())
    await lab.agree()


async def test_a_second_buy_signal_while_holding_buys_nothing(lab):
    bot = await lab.running()
    await lab.enter(bot)
    said = lab.buy(bot)

    async def judged():
        row = await outcome(lab, bot)
        return row if row.signal.candle_open == said.open_time else None

    assert (await lab.until(judged)).outcome == "none"
    assert len(lab.books.venue(Leg.ENTRY)) == 1


async def test_a_daily_limit_pauses_until_midnight_and_resumes_exactly_once(lab):
    bot = await lab.running(max_daily_trades=1)
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    lab.buy(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("bot_paused"))
    assert (told.params["limit"], told.params["measured"]) == ("1", "1")
    paused = await lab.books.bot(bot)
    assert (paused.state, paused.why) == (BotState.PAUSED, "check.daily_trades")
    assert paused.paused_until == lab.clock.now_ms() + TO_MIDNIGHT * 1000
    await lab.advance(TO_MIDNIGHT - 1)
    await lab.job("paused bots")
    assert (await lab.books.bot(bot)).state is BotState.PAUSED
    await lab.advance(1)
    for name in ("daily reset", "paused bots", "daily reset"):
        await lab.job(name)
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    await lab.restart()
    assert len(await lab.books.alerts("bot_resumed")) == 1
    await lab.ready(bot)
    await lab.enter(bot)
    assert (await lab.books.day(bot, "2026-05-30")).entries == 1
    await lab.agree()


async def test_a_pause_that_ended_while_nobody_ran_is_ended_by_the_start(lab):
    bot = await lab.running(max_daily_trades=1)
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    lab.buy(bot)
    await lab.until(lambda: lab.books.alerts("bot_paused"))
    await lab.crash()
    await lab.advance(TO_MIDNIGHT)
    await lab.begin()
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    assert len(await lab.books.alerts("bot_resumed")) == 1


async def test_a_loss_over_the_daily_limit_pauses_with_the_fill_and_is_remembered(lab):
    bot = await lab.running(size=Decimal(1000), max_daily_loss=Decimal(10))
    await lab.enter(bot)
    await lab.price(49_000)
    lost = (await lab.closed(bot)).net
    assert lost < -10
    (told,) = await lab.books.alerts("bot_paused")
    assert told.params["check"] == "daily_loss"
    assert Decimal(told.params["measured"]) == -lost
    await lab.restart()
    paused = await lab.books.bot(bot)
    assert (paused.state, paused.why) == (BotState.PAUSED, "check.daily_loss")
    await lab.start(bot)
    await lab.ready(bot)
    lab.buy(bot)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].bot.state.running)
    assert (await outcome(lab, bot)).refused.check == "daily_loss"


async def test_the_days_target_pauses_with_the_fill_that_reaches_it(lab):
    bot = await lab.running(size=Decimal(1000), daily_target=Decimal(5))
    await lab.enter(bot)
    await lab.price(51_500)
    won = (await lab.closed(bot)).net
    (told,) = await lab.books.alerts("bot_paused")
    assert (told.params["check"], Decimal(told.params["measured"])) == ("daily_target", won)
    assert (await lab.books.bot(bot)).paused_until == lab.clock.now_ms() + TO_MIDNIGHT * 1000
