"""Every refusal of the futures exchange at every call where it may come: its class, sent once."""

import pytest

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    KeyRefused,
    NoFunds,
    NothingToReduce,
    OrderGone,
    OutcomeUnknown,
    Overloaded,
    PriceBand,
    RateLimited,
    Refused,
    Unavailable,
    WouldTrigger,
)
from tests.contract.exchange.lab import SYMBOL

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"

# What any request may be refused with: status, code, message, class when sending.
ALWAYS = [
    (400, -1000, "An unknown error occurred.", OutcomeUnknown),
    (401, -1002, "You are not authorized.", KeyRefused),
    (400, -1006, "An unexpected response was received.", OutcomeUnknown),
    (408, -1007, "Timeout waiting for response from backend server.", OutcomeUnknown),
    (400, -1008, "Server is currently overloaded.", Overloaded),
    (400, -1016, "This service is no longer available.", Overloaded),
    (400, -1021, "Timestamp for this request is outside of the recvWindow.", ClockOff),
    (400, -1022, "Signature for this request is not valid.", KeyRefused),
    (400, -1100, "Illegal characters found.", Refused),
    (400, -1121, "Invalid symbol.", Refused),
    (400, -2008, "Invalid Api-Key ID.", KeyRefused),
    (401, -2014, "API-key format invalid.", KeyRefused),
    (401, -2015, "Invalid API-key, IP, or permissions for action.", KeyRefused),
    (408, 0, "", OutcomeUnknown),
    (500, -1000, "", OutcomeUnknown),
    (503, -1000, "Unknown error, please check your request or try again later.", OutcomeUnknown),
    (503, -1000, "Service Unavailable.", Overloaded),
    (503, -1001, "Internal error; unable to process your request. Please try again.", Overloaded),
    (503, -1008, "", Overloaded),
    (504, 0, "", OutcomeUnknown),
]
ON_ORDERS = [
    (400, code, "", kind)
    for kind, codes in {
        NoFunds: (-2018, -2019),
        WouldTrigger: (-2021, -5022),
        NothingToReduce: (-2022, -2024, -4118),
        PriceBand: (-4016, -4024, -4131),
        AlreadySent: (-4116,),
        OutcomeUnknown: (-4117,),
        ClockOff: (-5028,),
        KeyRefused: (-4109,),
        Overloaded: (-1112,),
        Refused: (-1111, -2020, -2023, -2025, -2027, -4045, -4087, -4088, -4105, -4120, -4130,
                  -4137, -4140, -4141, -4164, -4192, -4400, -5021, -5041),
    }.items()
    for code in codes
]  # fmt: skip
ON_CANCELS = [
    (400, -2011, "Unknown order sent.", OrderGone),
    (400, -2011, "Cancel rejected.", Refused),
]
ON_LOOK_UPS = [(400, -2013, "Order does not exist.", OrderGone)]


async def place(venue):
    await venue.place(venue.order())


async def place_conditional(venue):
    await venue.place(venue.stop())


async def cancel(venue):
    await venue.trader.cancel(venue.order())


async def look_up(venue):
    await venue.trader.look_up(venue.order())


async def trades(venue):
    await venue.trader.look_up(await venue.enter())


async def open_orders(venue):
    await venue.trader.open_orders(SYMBOL)


async def balances(venue):
    await venue.trader.balances()


SENDS = {
    place: ("POST", ORDER, ALWAYS + ON_ORDERS),
    place_conditional: ("POST", ALGO, ALWAYS + ON_ORDERS),
    cancel: ("DELETE", ORDER, ALWAYS + ON_CANCELS),
}
READS = {
    look_up: ("GET", ORDER, ALWAYS + ON_LOOK_UPS),
    trades: ("GET", "/fapi/v1/userTrades", ALWAYS),
    open_orders: ("GET", "/fapi/v1/openOrders", ALWAYS),
    balances: ("GET", "/fapi/v3/balance", ALWAYS),
}
ON_READS = dict.fromkeys((OutcomeUnknown, Overloaded, ClockOff), Unavailable)


@pytest.mark.parametrize("call", [*SENDS, *READS], ids=lambda call: call.__name__)
async def test_each_refusal_of_each_call_has_its_class_and_is_asked_for_once(venue, call):
    await venue.enter()
    await venue.trader.balances()
    method, path, refusals = (SENDS | READS)[call]
    for status, code, message, kind in refusals:
        wanted = kind if call in SENDS else ON_READS.get(kind, kind)
        await venue.lab.fault("status", path, method, status=status, code=code, msg=message)
        before = len(await venue.lab.requests(path))
        with pytest.raises(wanted) as refused:
            await call(venue)
        assert type(refused.value) is wanted, (status, code, message)
        assert refused.value.code == code
        assert len(await venue.lab.requests(path)) == before + 1


@pytest.mark.parametrize("call", [*SENDS, *READS], ids=lambda call: call.__name__)
async def test_a_ban_at_any_call_silences_all_of_futures_and_leaves_spot_alone(venue, call):
    await venue.enter()
    await venue.trader.balances()
    method, path, _ = (SENDS | READS)[call]
    await venue.lab.fault("status", path, method, status=418, code=-1003, retry_after=99)
    stops = []
    venue.lab.connection.listen(stops.append)
    with pytest.raises(RateLimited) as limited:
        await call(venue)
    assert limited.value.retry_after == 99
    before = len((await venue.lab.control("state", "GET"))["requests"])
    for other in (*SENDS, *READS):
        with pytest.raises(RateLimited):
            await other(venue)
    assert len((await venue.lab.control("state", "GET"))["requests"]) == before
    assert [stop.product for stop in stops] == ["futures"]
    assert await venue.lab.trader.balances()
