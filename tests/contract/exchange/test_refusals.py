"""Every refusal at every call where it may come, over the wire: its class, and sent once."""

from decimal import Decimal

import pytest

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    KeyRefused,
    NoFunds,
    OrderGone,
    OutcomeUnknown,
    Overloaded,
    PriceBand,
    RateLimited,
    Refused,
    Unavailable,
    WouldTrigger,
)
from engine.core.market import Side
from engine.core.order import Leg, OrderKind
from engine.exchange.binance.governor import Stop
from tests.contract.exchange.lab import running

ORDER, LIST = "/api/v3/order", "/api/v3/orderList"
NEW = "New order rejected: "

# What any request may be refused with: status, code, message, class when sending.
ALWAYS = [
    (400, -1000, "An unknown error occurred.", OutcomeUnknown),
    (400, -1001, "Internal error.", OutcomeUnknown),
    (401, -1002, "You are not authorized.", KeyRefused),
    (400, -1006, "An unexpected response was received.", OutcomeUnknown),
    (400, -1007, "Timeout waiting for response.", OutcomeUnknown),
    (400, -1008, "Server is currently overloaded.", Overloaded),
    (400, -1016, "This service is no longer available.", Overloaded),
    (400, -1021, "Timestamp for this request is outside of the recvWindow.", ClockOff),
    (400, -1022, "Signature for this request is not valid.", KeyRefused),
    (400, -1033, "Too many connections.", Overloaded),
    (400, -1100, "Illegal characters found.", Refused),
    (400, -1121, "Invalid symbol.", Refused),
    (400, -2008, "Invalid Api-Key ID.", KeyRefused),
    (401, -2014, "API-key format invalid.", KeyRefused),
    (401, -2015, "Invalid API-key, IP, or permissions for action.", KeyRefused),
    (408, 0, "", OutcomeUnknown),
    (500, -1000, "", OutcomeUnknown),
    (502, 0, "", OutcomeUnknown),
    (503, -1008, "", OutcomeUnknown),
    (504, -1007, "", OutcomeUnknown),
]
ON_ORDERS = [
    (400, -1013, "Filter failure: NOTIONAL", Refused),
    (400, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", PriceBand),
    (400, -1111, "Parameter 'quantity' has too much precision.", Refused),
    (400, -1112, "No orders on book for symbol.", Overloaded),
    (400, -2010, "Account has insufficient balance for requested action.", NoFunds),
    (400, -2010, "Market is closed.", Refused),
    (400, -2010, "Duplicate order sent.", AlreadySent),
    (400, -2010, "Order would trigger immediately.", WouldTrigger),
    (400, -2010, "Order would immediately match and take.", WouldTrigger),
    (400, -2010, "The relationship of the prices for the orders is not correct.", WouldTrigger),
    (400, -2010, "This action is disabled on this account.", KeyRefused),
    (400, -2010, "This symbol is not permitted for this account.", Refused),
    (
        400,
        -2010,
        "Order book liquidity is less than LOT_SIZE filter minimum quantity.",
        Overloaded,
    ),
    (409, -2021, "Order cancel-replace partially failed.", OutcomeUnknown),
]
ON_CANCELS = [
    (400, -2011, "Unknown order sent.", OrderGone),
    (400, -2011, "Order was not canceled due to cancel restrictions.", Refused),
]
ON_LOOK_UPS = [
    (400, -2013, "Order does not exist.", OrderGone),
    (400, -2026, "Archived.", OrderGone),
]

RESTING = {"kind": OrderKind.STOP, "side": Side.SELL, "stop_price": Decimal(49_000)}


async def place(venue, trader):
    await venue.place(venue.order())


async def place_oco(venue, trader):
    await venue.place_oco(*venue.oco())


async def cancel(venue, trader):
    await trader.cancel(venue.order(Leg.STOP, **RESTING))


async def cancel_list(venue, trader):
    await trader.cancel(venue.oco()[0])


async def look_up(venue, trader):
    await trader.look_up(venue.order())


async def trades(venue, trader):
    order = venue.order()
    await venue.place(order)
    await trader.look_up(order)


async def open_orders(venue, trader):
    await trader.open_orders("BTCUSDT")


async def balances(venue, trader):
    await trader.balances()


SENDS = {
    place: ("POST", ORDER, ALWAYS + ON_ORDERS),
    place_oco: ("POST", f"{LIST}/oco", ALWAYS + ON_ORDERS),
    cancel: ("DELETE", ORDER, ALWAYS + ON_CANCELS),
    cancel_list: ("DELETE", LIST, ALWAYS + ON_CANCELS),
}
READS = {
    look_up: ("GET", ORDER, ALWAYS + ON_LOOK_UPS),
    trades: ("GET", "/api/v3/myTrades", ALWAYS),
    open_orders: ("GET", "/api/v3/openOrders", ALWAYS),
    balances: ("GET", "/api/v3/account", ALWAYS),
}
ON_READS = dict.fromkeys((OutcomeUnknown, Overloaded, ClockOff), Unavailable)


@pytest.mark.parametrize("call", [*SENDS, *READS], ids=lambda call: call.__name__)
async def test_each_refusal_of_each_call_has_its_class_and_is_asked_for_once(lab, call):
    venue = await lab.venue()
    await lab.trader.balances()
    method, path, refusals = (SENDS | READS)[call]
    for status, code, message, kind in refusals:
        wanted = kind if call in SENDS else ON_READS.get(kind, kind)
        await lab.fault("status", path, method, status=status, code=code, msg=message)
        before = len(await lab.requests(path))
        with pytest.raises(wanted) as refused:
            await call(venue, lab.trader)
        assert type(refused.value) is wanted, (status, code, message)
        assert refused.value.code == code
        assert len(await lab.requests(path)) == before + 1


LIMITS = [
    (429, -1003, "Too much request weight used."),
    (418, -1003, "Way too many requests; IP banned until 1780056099000."),
]


@pytest.mark.parametrize(("status", "code", "message"), LIMITS)
@pytest.mark.parametrize("call", [*SENDS, *READS], ids=lambda call: call.__name__)
async def test_a_limit_at_any_call_silences_all_of_them(call, status, code, message):
    async with running() as lab:
        venue = await lab.venue()
        await lab.trader.balances()
        method, path, _ = (SENDS | READS)[call]
        await lab.fault(
            "status", path, method, status=status, code=code, msg=message, retry_after=99
        )
        stops = []
        lab.connection.listen(stops.append)
        with pytest.raises(RateLimited) as limited:
            await call(venue, lab.trader)
        assert limited.value.retry_after == 99
        count = len((await lab.control("state", "GET"))["requests"])
        for other in (*SENDS, *READS):
            with pytest.raises(RateLimited) as held:
                await other(venue, lab.trader)
            assert 90 < held.value.retry_after <= 99
        with pytest.raises(RateLimited):
            async with lab.trader.events():
                pass
        assert len((await lab.control("state", "GET"))["requests"]) == count
        assert [type(stop) for stop in stops] == ([Stop] if status == 418 else [])


async def test_a_firewall_leaves_the_order_in_doubt_and_stops_the_address(lab):
    venue = await lab.venue()
    stops = []
    lab.connection.listen(stops.append)
    await lab.fault("status", ORDER, "POST", status=403, body="<html>WAF</html>", retry_after=30)
    with pytest.raises(OutcomeUnknown):
        await venue.place(venue.order())
    with pytest.raises(RateLimited) as held:
        await lab.trader.balances()
    assert 20 < held.value.retry_after <= 30
    assert [stop.reason for stop in stops] == ["HTTP 403"]


async def test_too_many_orders_hold_the_orders_of_that_account_and_not_its_cancels(lab):
    venue = await lab.venue()
    resting = venue.order(Leg.STOP, **RESTING)
    await venue.place(resting)
    await lab.fault("status", ORDER, "POST", status=429, code=-1015, retry_after=9)
    with pytest.raises(RateLimited):
        await venue.place(venue.order())
    count = len(await lab.requests(ORDER))
    with pytest.raises(RateLimited):
        await venue.place(venue.order())
    assert len(await lab.requests(ORDER)) == count
    assert await lab.trader.cancel(resting)
