"""What only a futures account can say, and how it is brought into the state that bots need."""

from decimal import Decimal

import pytest

from engine.core.errors import NotSent, OutcomeUnknown, Refused, Unavailable
from engine.core.market import Side
from engine.core.position import ExitReason
from engine.exchange.binance import futures_settings
from tests.contract.exchange.lab import KEY, SECRET, SYMBOL

_CONFIG = {"/fapi/v1/accountConfig", "/fapi/v1/symbolConfig"}
_CHANGES = {"/fapi/v1/leverage", "/fapi/v1/marginType", "/fapi/v1/positionSide/dual"}


async def asked(venue, paths):
    state = await venue.lab.control("state", "GET")
    return [entry["path"] for entry in state["requests"] if entry["path"] in paths]


async def setting(venue):
    state = await venue.lab.control("state", "GET")
    (account,) = [a for a in state["futures"]["accounts"] if a["apiKey"] == KEY]
    return account["hedge"], account["settings"].get(SYMBOL)


async def switch(venue, **switches):
    await venue.lab.control("accounts", key=KEY, secret=SECRET, **switches)


async def test_a_symbol_is_prepared_once_and_only_where_it_differs(venue):
    await venue.books.prepare(SYMBOL, 7)
    assert await setting(venue) == (False, {"leverage": 7, "isolated": True})
    assert sorted(await asked(venue, _CHANGES)) == ["/fapi/v1/leverage", "/fapi/v1/marginType"]
    await venue.books.prepare(SYMBOL, 7)
    assert len(await asked(venue, _CONFIG)) == 2
    assert await asked(venue, _CHANGES) != []
    other = venue.another()
    await other.futures.prepare(SYMBOL, 7)
    assert len(await asked(venue, _CHANGES)) == 2
    await other.close()


async def test_hedge_mode_is_left_while_the_account_is_flat(venue):
    await switch(venue, hedge=True)
    await venue.books.prepare(SYMBOL, 5)
    assert (await setting(venue))[0] is False


async def test_hedge_mode_with_a_position_is_refused_in_words_that_help(venue):
    await switch(venue, hedge=True)
    await venue.by_hand("BUY", "0.01", positionSide="LONG")
    with pytest.raises(Refused, match="switch to one-way mode") as refused:
        await venue.books.prepare(SYMBOL, 5)
    assert refused.value.code == -4068


async def test_cross_margin_under_a_position_is_refused_in_words_that_help(venue):
    await venue.by_hand("BUY", "0.01")
    with pytest.raises(Refused, match="isolated margin") as refused:
        await venue.books.prepare(SYMBOL, 5)
    assert refused.value.code == -4048


async def test_multi_assets_mode_is_refused_in_words_that_help(venue):
    await change_by_hand(venue, "futures_change_multi_assets_mode", multiAssetsMargin=True)
    with pytest.raises(Refused, match="single-asset mode"):
        await venue.books.prepare(SYMBOL, 5)


async def test_a_leverage_changed_by_hand_is_set_back_before_the_next_order(venue):
    async with venue.trader.events() as events:
        await venue.books.prepare(SYMBOL, 5)
        await change_by_hand(venue, "futures_change_leverage", symbol=SYMBOL, leverage=20)
        await switch(venue, futures={"USDT": "20000"})
        await anext(events)  # of the deposit: the change of leverage was told before it
        await venue.books.prepare(SYMBOL, 5)
        assert (await setting(venue))[1]["leverage"] == 5


async def test_a_change_by_hand_while_a_symbol_is_prepared_is_not_forgotten(venue, monkeypatch):
    settings = venue.trader._settings
    change = settings._change

    async def meanwhile(*args):
        await change(*args)
        settings.hear_leverage(SYMBOL, 20)

    monkeypatch.setattr(settings, "_change", meanwhile)
    await venue.books.prepare(SYMBOL, 5)
    await change_by_hand(venue, "futures_change_leverage", symbol=SYMBOL, leverage=20)
    monkeypatch.undo()
    await venue.books.prepare(SYMBOL, 5)
    assert (await setting(venue))[1]["leverage"] == 5


async def test_hedge_mode_set_by_hand_is_found_out_by_the_first_order_that_it_refuses(venue):
    await venue.books.prepare(SYMBOL, 5)
    await switch(venue, hedge=True)
    with pytest.raises(Refused) as refused:
        await venue.place(venue.order())
    assert refused.value.code == -4061
    await venue.books.prepare(SYMBOL, 5)
    await venue.place(venue.order())
    assert await venue.held() == Decimal("0.02")


async def test_what_no_event_told_is_found_out_in_time(venue, monkeypatch):
    monkeypatch.setattr(futures_settings, "REMEMBERED", 0.0)
    await venue.books.prepare(SYMBOL, 5)
    await change_by_hand(venue, "futures_change_margin_type", symbol=SYMBOL, marginType="CROSSED")
    await venue.books.prepare(SYMBOL, 5)
    assert (await setting(venue))[1] == {"leverage": 5, "isolated": True}


async def test_a_new_stream_means_looking_again(venue):
    await venue.books.prepare(SYMBOL, 5)
    await switch(venue, hedge=True)
    async with venue.trader.events():
        await venue.books.prepare(SYMBOL, 5)
    assert (await setting(venue))[0] is False


async def test_an_account_that_cannot_be_read_sends_nothing(venue):
    await venue.lab.fault("status", "/fapi/v1/accountConfig", status=500, code=-1000)
    with pytest.raises(NotSent):
        await venue.books.prepare(SYMBOL, 5)
    assert await asked(venue, _CHANGES) == []


async def test_a_change_whose_answer_was_lost_is_looked_at_again(venue):
    await venue.lab.fault("drop_after", "/fapi/v1/leverage", "POST")
    with pytest.raises(OutcomeUnknown):
        await venue.books.prepare(SYMBOL, 5)
    await venue.books.prepare(SYMBOL, 5)
    assert (await setting(venue))[1]["leverage"] == 5


async def test_terms_are_those_of_the_first_bracket_and_read_once(venue):
    terms = await venue.books.terms(SYMBOL)
    assert terms == await venue.books.terms(SYMBOL)
    assert len(await asked(venue, {"/fapi/v1/leverageBracket"})) == 1
    assert terms.max_leverage >= 50
    assert 0 < terms.maintenance < Decimal("0.05")


async def test_positions_are_net_and_signed(venue):
    assert await venue.books.positions() == {}
    await venue.enter(side=Side.SELL)
    position = (await venue.books.positions())[SYMBOL]
    assert position.quantity == Decimal("-0.02")
    assert position.entry_price == Decimal(50_000)
    assert position.liquidation_price > Decimal(55_000)


async def test_a_hand_that_closes_is_a_foreign_order_with_its_trades(venue):
    since = venue.lab.clock.now_ms()
    await venue.enter()
    assert await venue.books.foreign_orders(SYMBOL, since) == []
    await venue.by_hand("SELL", "0.01")
    (foreign,) = await venue.books.foreign_orders(SYMBOL, since)
    assert (foreign.symbol, foreign.side, foreign.reason) == (
        SYMBOL, Side.SELL, ExitReason.EXTERNAL,
    )  # fmt: skip
    assert [fill.quantity for fill in foreign.fills] == [Decimal("0.01")]
    assert foreign.fills[0].commission > 0
    assert int(foreign.exchange_id)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("liquidate", ExitReason.LIQUIDATION),
        ("adl", ExitReason.ADL),
        ("settle", ExitReason.SETTLEMENT),
    ],
)
async def test_what_the_exchange_closed_has_its_reason(venue, act, reason):
    since = venue.lab.clock.now_ms()
    await venue.enter()
    await venue.act(act, symbol=SYMBOL)
    (foreign,) = await venue.books.foreign_orders(SYMBOL, since)
    assert foreign.reason is reason
    assert await venue.held() == 0


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets another id"])
@pytest.mark.parametrize("knows", [True, False], ids=["known", "after a restart"])
async def test_what_our_stop_became_is_not_foreign(venue, keeps, knows):
    await switch(venue, keeps_algo_id=keeps)
    since = venue.lab.clock.now_ms()
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.price("48900")
    if knows:
        await venue.trader.look_up(stop)
    assert await venue.books.foreign_orders(SYMBOL, since) == []


async def test_trades_of_more_than_a_week_ago_are_found(venue):
    since = venue.lab.clock.now_ms()
    await venue.enter()
    await venue.by_hand("SELL", "0.01")
    days = 16
    await venue.lab.control("advance", ms=days * 86_400_000)
    await venue.lab.clock.advance(days * 86_400)
    await venue.by_hand("SELL", "0.01")
    found = await venue.books.foreign_orders(SYMBOL, since)
    assert [order.fills[0].quantity for order in found] == [Decimal("0.01")] * 2


async def test_an_order_that_traded_and_is_not_to_be_read_yet_makes_no_stranger_of_it(venue):
    since = venue.lab.clock.now_ms()
    await venue.enter()
    await venue.by_hand("SELL", "0.01")
    await venue.lab.fault("status", "/fapi/v1/order", "GET", status=400, code=-2013)
    with pytest.raises(Unavailable):
        await venue.books.foreign_orders(SYMBOL, since)


async def test_funding_is_told_once_for_each_payment_oldest_first(venue):
    since = venue.lab.clock.now_ms()
    await venue.enter()
    await venue.act("funding", symbol=SYMBOL, rate="0.001")
    await venue.lab.control("advance", ms=1000)
    await venue.act("funding", symbol=SYMBOL, rate="-0.002")
    await venue.lab.clock.advance(1)
    paid, earned = await venue.books.funding(SYMBOL, since)
    assert (paid.symbol, earned.symbol) == (SYMBOL, SYMBOL)
    assert paid.amount < 0 < earned.amount
    assert paid.id != earned.id
    assert paid.at <= earned.at
    assert await venue.books.funding(SYMBOL, earned.at + 1) == []


async def test_nothing_leaves_after_the_account_was_closed(venue):
    other = venue.another()
    await other.close()
    with pytest.raises(NotSent):
        await other.place(venue.order(), venue.rules)
    with pytest.raises(NotSent):
        await other.futures.prepare(SYMBOL, 5)
    with pytest.raises(Unavailable):
        await other.balances()


async def change_by_hand(venue, method, **params):
    await venue.lab.connection.send(
        lambda: getattr(venue.hand, method)(**params), ask=venue.trader._desk.ask(0)
    )
