"""Every documented answer and failure of the exchange has its class, per product."""

import json
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from binance.exceptions import BinanceAPIException, BinanceRequestException
from hypothesis import given
from hypothesis import strategies as st

from bot.texts import Texts
from engine.core import errors as ours
from engine.exchange.binance.ask import Product
from engine.exchange.binance.errors import DEFAULT_WAIT, Unreadable, classify, translated

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "exchange" / "spot_errors.json"
UNKNOWN, REFUSED, KEY = ours.OutcomeUnknown, ours.Refused, ours.KeyRefused
BUSY, LIMITED, GONE = ours.Overloaded, ours.RateLimited, ours.OrderGone
READ = ours.Unavailable

TRIGGER, FUNDS, BAND = ours.WouldTrigger, ours.NoFunds, ours.PriceBand
NOTHING, SENT, CLOCK = ours.NothingToReduce, ours.AlreadySent, ours.ClockOff
SPOT, FUTURES, SAPI = Product.SPOT, Product.FUTURES, Product.SAPI


def each(codes, kind):
    return dict.fromkeys(codes, kind)


COMMON = {
    **each((-1000, -1001, -1006, -1007), UNKNOWN),
    **each((-1002, -1022, -2008, -2014, -2015), KEY),
    **each((-1003, -1015), LIMITED),
    **each((-1008, -1016), BUSY),
    -1021: CLOCK,
    **each((-1013, -1014, -1020, -1023), REFUSED),
    **each(
        (-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1111, -1114, -1115, -1116,
         -1117, -1118, -1119, -1120, -1121, -1127, -1128, -1130),
        REFUSED,
    ),
}  # fmt: skip
CODES = {
    SPOT: COMMON | {
        **each((-1033, -1034, -1035, -1112), BUSY),
        **each((-1134, -1135, -1145, -1151, -1158, -1160, -1165, -1166, -1168, -1196, -1197,
                -1198, -1199, -1220, -2010, -2011), REFUSED),
        **each((-2013, -2026), GONE),
        **each((-2016, -2035, -2036, -2039, -2042, -2043), REFUSED),
        **each((-2021, -2022), UNKNOWN),
    },
    FUTURES: COMMON | {
        **each((-1004, -1112), BUSY),
        **each((-1099, -1109, -1110, -2017, -4109), KEY),
        -1125: READ,
        -2013: GONE,
        **each((-2018, -2019), FUNDS),
        **each((-2021, -5022), TRIGGER),
        **each((-2022, -2024, -4118), NOTHING),
        **each((-4016, -4024, -4131), BAND),
        **each((-4115, -4116), SENT),
        -4117: UNKNOWN,
        -5028: CLOCK,
        **each(
            (-2010, -2011, -2020, -2023, -2025, -2027, -2028, -4028, -4045, -4046, -4047, -4048,
             -4059, -4060, -4061, -4062, -4067, -4068, -4087, -4088, -4105, -4106, -4107, -4120,
             -4130, -4137, -4138, -4140, -4141, -4161, -4164, -4171, -4189, -4192, -4202, -4209,
             -4400, -4401, -4402, -4403, -4531, -5021, -5024, -5027, -5029, -5040, -5041, -5043),
            REFUSED,
        ),
    },
    SAPI: COMMON | each((-2010, -2013, -2021, -2022, -4016, -4116, -4131, -9000), REFUSED),
}  # fmt: skip
ON_READS = {UNKNOWN: READ, BUSY: READ, CLOCK: READ}
CASES = [(product, code, kind) for product, codes in CODES.items() for code, kind in codes.items()]

MESSAGES = [
    (SPOT, -1013, "Filter failure: PERCENT_PRICE", BAND),
    (SPOT, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", BAND),
    (SPOT, -1013, "Filter failure: NOTIONAL", REFUSED),
    (SPOT, -1013, "Filter failure: PRICE_FILTER", REFUSED),
    (SPOT, -2010, "Account has insufficient balance for requested action.", FUNDS),
    (SPOT, -2010, "Market is closed.", REFUSED),
    (SPOT, -2010, "Duplicate order sent.", SENT),
    (SPOT, -2010, "Order would trigger immediately.", TRIGGER),
    (SPOT, -2010, "Order would immediately match and take.", TRIGGER),
    (SPOT, -2010, "The relationship of the prices for the orders is not correct.", TRIGGER),
    (SPOT, -2010, "Price * QTY is zero or less.", REFUSED),
    (SPOT, -2010, "IcebergQty exceeds QTY.", REFUSED),
    (SPOT, -2010, "Unsupported order combination", REFUSED),
    (SPOT, -2010, "Stop loss orders are not supported for this symbol.", REFUSED),
    (SPOT, -2010, "This action is disabled on this account.", KEY),
    (SPOT, -2010, "This account may not place or cancel orders.", KEY),
    (SPOT, -2010, "This symbol is not permitted for this account.", REFUSED),
    (SPOT, -2010, "This symbol is restricted for this account.", REFUSED),
    (SPOT, -2010, "Rest API trading is not enabled.", KEY),
    (SPOT, -2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity.", BUSY),
    (SPOT, -2011, "Unknown order sent.", GONE),
    (SPOT, -2011, "Order was not canceled due to cancel restrictions.", REFUSED),
    (SPOT, -2011, "Cancel order is invalid. Check origClOrdId and orderId.", REFUSED),
    (FUTURES, -2011, "Unknown order sent.", GONE),
    (FUTURES, -2011, "Cancel rejected.", REFUSED),
]


def answer(status, code=0, message="", headers=None):
    response = SimpleNamespace(headers=headers or {}, text="")
    return BinanceAPIException(response, status, json.dumps({"code": code, "msg": message}))


@pytest.mark.parametrize(("product", "code", "kind"), CASES)
def test_every_code_of_every_product_has_its_class(product, code, kind):
    error = answer(400, code)
    assert type(classify(error, sending=True, product=product)) is kind
    reading = type(classify(error, sending=False, product=product))
    assert reading is ON_READS.get(kind, kind)


@pytest.mark.parametrize("kind", sorted({kind for *_, kind in CASES}, key=lambda k: k.__name__))
def test_every_class_has_a_text_that_the_user_reads(kind):
    assert Texts().has(kind.key)


@pytest.mark.parametrize(("product", "code", "message", "kind"), MESSAGES)
def test_rejections_are_told_apart_by_their_message(product, code, message, kind):
    error = classify(answer(400, code, message), sending=True, product=product)
    assert type(error) is kind
    assert (error.code, error.detail) == (code, message)


UNSURE = "Unknown error, please check your request or try again later."
DOWN = "Service Unavailable."
FAILED = "Internal error; unable to process your request. Please try again."


@pytest.mark.parametrize(
    ("product", "status", "code", "message", "kind"),
    [
        *((product, status, code, "", UNKNOWN)
          for product in Product
          for status, code in ((500, -1000), (502, 0), (504, 0), (403, 0), (408, 0), (408, -1007),
                               (409, -2021), (410, 0), (503, 0), (400, 0))),
        *((product, 401, 0, "", KEY) for product in Product),
        *((product, status, code, "", LIMITED)
          for product in Product
          for status, code in ((418, -1003), (429, -1003), (429, -1015), (418, 0), (429, 0))),
        *((SPOT, 503, -1001, message, UNKNOWN) for message in (UNSURE, DOWN, FAILED)),
        (SPOT, 503, -1008, "", UNKNOWN),
        (SAPI, 503, -1008, "", UNKNOWN),
        (FUTURES, 503, -1000, UNSURE, UNKNOWN),
        (FUTURES, 503, 0, DOWN, BUSY),
        (FUTURES, 503, -1001, FAILED, BUSY),
        (FUTURES, 503, -1008, "", BUSY),
    ],
)  # fmt: skip
def test_the_http_status_speaks_first(product, status, code, message, kind):
    error = answer(status, code, message)
    assert type(classify(error, sending=True, product=product)) is kind
    reading = type(classify(error, sending=False, product=product))
    assert reading is ON_READS.get(kind, kind)


def test_a_limit_tells_how_long_to_wait():
    told = classify(answer(418, -1003, headers={"Retry-After": "120"}), sending=True)
    untold = classify(answer(429, -1003), sending=False)
    assert (told.retry_after, untold.retry_after) == (120.0, DEFAULT_WAIT)


def connector(kind=aiohttp.ClientConnectorError):
    key = SimpleNamespace(host="h", port=1, ssl=True)
    return kind(key, OSError(111, "refused"))


@pytest.mark.parametrize(
    ("error", "sending"),
    [
        (connector(), ours.NotSent),
        (connector(aiohttp.ClientConnectorDNSError), ours.NotSent),
        (connector(aiohttp.ClientConnectorSSLError), ours.NotSent),
        (connector(aiohttp.ClientProxyConnectionError), ours.NotSent),
        (aiohttp.ConnectionTimeoutError(), ours.NotSent),
        (aiohttp.SocketTimeoutError(), UNKNOWN),
        (aiohttp.ServerDisconnectedError(), UNKNOWN),
        (aiohttp.ClientOSError(104, "reset"), UNKNOWN),
        (aiohttp.ClientPayloadError("cut"), UNKNOWN),
        (TimeoutError(), UNKNOWN),
        (ConnectionResetError(), UNKNOWN),
        (BinanceRequestException("unreadable"), UNKNOWN),
        (Unreadable("status is missing"), UNKNOWN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_wire_proves_nothing_unless_no_byte_was_written(error, sending):
    assert type(classify(error, sending=True)) is sending
    assert type(classify(error, sending=False)) is READ


def test_our_own_errors_pass_unchanged():
    error = ours.NotSent("held back")
    assert classify(error, sending=True) is error
    with pytest.raises(ours.NotSent), translated(sending=False):
        raise error


@given(
    st.integers(100, 599), st.integers(-9999, 0), st.text(max_size=60), st.booleans(),
    st.sampled_from(Product),
)  # fmt: skip
def test_no_answer_escapes_the_tree(status, code, message, sending, product):
    error = classify(answer(status, code, message), sending=sending, product=product)
    assert isinstance(error, ours.ExchangeError)
    if sending and status >= 500 and product is not FUTURES:
        assert isinstance(error, UNKNOWN)
    if not sending:
        assert not isinstance(error, (UNKNOWN, ours.NotSent, BUSY, ours.ClockOff))


@pytest.mark.skipif(not SAMPLES.exists(), reason="the exchange's catalogue is not here")
def test_every_code_of_the_catalogue_is_classified_and_order_messages_never_as_unknown():
    catalogue = json.loads(SAMPLES.read_text())
    for entry in catalogue["codes"]:
        for message in entry["messages"]:
            error = classify(answer(400, entry["code"], message), sending=True)
            assert isinstance(error, ours.ExchangeError)
    rest = next(v for k, v in catalogue.items() if k not in {"source", "codes"})
    for entry in rest:
        error = classify(answer(400, -2010, entry["message"]), sending=True)
        assert not isinstance(error, (UNKNOWN, ours.NotSent))
