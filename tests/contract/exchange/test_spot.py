"""What only an account on the exchange shows: partial fills, cancels in doubt, keys, fast time."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import KeyRefused, OrderGone, OutcomeUnknown, RateLimited
from engine.core.order import Leg, OrderEvent
from engine.exchange.binance.ask import Product
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.limits import Kind, Limit
from engine.exchange.binance.rights import check_key
from engine.exchange.binance.spot import SpotTrader
from engine.exchange.simulator.server import DemoAccount
from engine.ports.trader import BalanceEvent
from engine.runtime.clock import MarketClock
from tests.contract.exchange.lab import (
    CREDENTIALS,
    KEY,
    MONEY,
    SECRET,
    Venue,
    reports,
    running,
)

FEW = Limit(Kind.WEIGHT, 60_000, 50, "X-MBX-USED-WEIGHT-1M")


@asynccontextmanager
async def trading(lab, credentials, clock=None):
    """A trader of its own, on a connection of its own."""
    connection = Connection(local(lab.exchange.url), clock or lab.clock)
    trader = SpotTrader(connection, connection.client(credentials))
    try:
        yield connection, trader
    finally:
        await trader.close()
        await connection.close()


async def test_what_we_send_is_plain_text_under_our_own_ids(lab):
    venue = await lab.venue()
    target, stop = venue.oco(limit="48990", quantity="0.00100")
    await venue.place_oco(target, stop)
    (entry,) = await lab.requests("/api/v3/orderList/oco")
    sent = {name: entry["params"][name] for name in entry["params"] if name != "signature"}
    assert sent == {
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.001", "newOrderRespType": "FULL",
        "listClientOrderId": target.list_id, "aboveType": "LIMIT_MAKER", "abovePrice": "51000",
        "aboveClientOrderId": target.client_id, "belowType": "STOP_LOSS_LIMIT",
        "belowStopPrice": "49000", "belowPrice": "48990", "belowTimeInForce": "GTC",
        "belowClientOrderId": stop.client_id, "recvWindow": "5000",
        "timestamp": str(target.signed_at),
    }  # fmt: skip


async def test_a_cancel_whose_answer_is_lost_is_in_doubt_and_the_look_up_tells(lab):
    venue = await lab.venue()
    target, stop = venue.oco()
    await venue.place_oco(target, stop)
    # HTTP itself may repeat a cancel on a connection that was kept alive, which is harmless.
    await lab.fault("drop_after", "/api/v3/orderList", "DELETE")
    with pytest.raises((OutcomeUnknown, OrderGone)):
        await lab.trader.cancel(target)
    for leg in (target, stop):
        found = await lab.trader.look_up(leg)
        assert found.event in {OrderEvent.CANCEL, OrderEvent.EXPIRE}


async def test_partial_fills_add_up_over_events_and_trades(lab):
    venue = await lab.venue()
    target, stop = venue.oco()
    async with lab.trader.events() as events:
        await venue.place_oco(target, stop)
        await lab.fault("partial_fill", share="0.5")
        await lab.price(51_000)
        first = (await reports(events, 2))[target.client_id]
        assert first.event is OrderEvent.FILL_PART
        await lab.price(51_100)
        second = (await reports(events, 1))[target.client_id]
    assert second.event is OrderEvent.FILL
    both = {fill.trade_id for fill in (*first.fills, *second.fills)}
    found = await lab.trader.look_up(target)
    assert {fill.trade_id for fill in found.fills} == both
    assert len(both) == 2
    assert found.filled_qty == sum(fill.quantity for fill in found.fills) == target.quantity


async def test_balances_are_told_by_event(lab):
    venue = await lab.venue()
    async with lab.trader.events() as events:
        await venue.place(venue.order())
        async for event in events:
            if isinstance(event, BalanceEvent):
                break
    assert event.balances["BTC"].free == Decimal("1.00999")


async def test_weight_that_runs_out_is_kept_for_exits(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    lab.connection.governor(Product.SPOT).learn([FEW])
    with pytest.raises(RateLimited, match="kept for exits"):
        await venue.place(venue.order())
    assert (await venue.place(venue.order(Leg.CLOSE))).event is OrderEvent.FILL


async def test_a_fast_market_is_traded_in_its_own_time():
    async with running(speed=60.0) as lab:
        clock = MarketClock(60.0, lab.exchange.clock.now())
        async with trading(lab, CREDENTIALS, clock) as (connection, trader):
            venue = Venue("fast", trader, (await lab.venue()).rules, clock, lab.price)
            order = venue.order()
            async with trader.events() as events:
                assert (await venue.place(order)).event is OrderEvent.FILL
                assert order.client_id in await reports(events, 1)
            assert connection.exchange_clock.ok


async def test_an_ed25519_key_signs_orders_reads_and_the_stream():
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    account = DemoAccount(KEY, public.decode(), MONEY)
    pasted = Credentials(KEY, secret.replace("\n", "\r\n") + "\n", Environment.LOCAL)
    async with running(accounts=(account,)) as lab, trading(lab, pasted) as (connection, trader):
        venue = Venue("ed25519", trader, (await lab.venue()).rules, lab.clock, lab.price)
        order = venue.order()
        async with trader.events() as events:
            await venue.place(order)
            assert order.client_id in await reports(events, 1)
        assert (await trader.look_up(order)).event is OrderEvent.FILL
        assert (await check_key(connection, pasted)).can_trade_spot


async def test_a_broken_private_key_is_refused_without_being_repeated(lab):
    broken = Credentials(KEY, f"-----BEGIN PRIVATE KEY-----\n{SECRET}", Environment.LOCAL)
    with pytest.raises(KeyRefused) as refused:
        await check_key(lab.connection, broken)
    assert SECRET not in str(refused.value)
