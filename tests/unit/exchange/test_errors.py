"""Every documented answer and failure of the spot exchange has its class."""

import json
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from binance.exceptions import BinanceAPIException, BinanceRequestException
from hypothesis import given
from hypothesis import strategies as st

from engine.core import errors as ours
from engine.exchange.binance.errors import DEFAULT_WAIT, Unreadable, classify, translated

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "exchange" / "spot_errors.json"
UNKNOWN, REFUSED, KEY = ours.OutcomeUnknown, ours.Refused, ours.KeyRefused
BUSY, LIMITED, GONE = ours.Overloaded, ours.RateLimited, ours.OrderGone
READ = ours.Unavailable

# code: class when sending, class when reading
CODES = {
    -1000: (UNKNOWN, READ),
    -1001: (UNKNOWN, READ),
    -1002: (KEY, KEY),
    -1003: (LIMITED, LIMITED),
    -1006: (UNKNOWN, READ),
    -1007: (UNKNOWN, READ),
    -1008: (BUSY, READ),
    -1013: (REFUSED, REFUSED),
    -1014: (REFUSED, REFUSED),
    -1015: (LIMITED, LIMITED),
    -1016: (BUSY, READ),
    -1020: (REFUSED, REFUSED),
    -1021: (ours.ClockOff, READ),
    -1022: (KEY, KEY),
    -1033: (BUSY, READ),
    -1034: (BUSY, READ),
    -1035: (BUSY, READ),
    **dict.fromkeys(
        (-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1111, -1114, -1115, -1116,
         -1117, -1118, -1119, -1120, -1121, -1127, -1128, -1130, -1134, -1135, -1145, -1151,
         -1158, -1160, -1165, -1166, -1168, -1196, -1197, -1198, -1199, -1220),
        (REFUSED, REFUSED),
    ),
    -1112: (BUSY, READ),
    -2008: (KEY, KEY),
    -2013: (GONE, GONE),
    -2014: (KEY, KEY),
    -2015: (KEY, KEY),
    -2016: (REFUSED, REFUSED),
    -2021: (UNKNOWN, READ),
    -2022: (UNKNOWN, READ),
    -2026: (GONE, GONE),
    **dict.fromkeys((-2035, -2036, -2039, -2042, -2043), (REFUSED, REFUSED)),
}  # fmt: skip

MESSAGES = [
    (-2010, "Account has insufficient balance for requested action.", REFUSED),
    (-2010, "Market is closed.", REFUSED),
    (-2010, "Duplicate order sent.", ours.AlreadySent),
    (-2010, "Order would trigger immediately.", REFUSED),
    (-2010, "Order would immediately match and take.", REFUSED),
    (-2010, "The relationship of the prices for the orders is not correct.", REFUSED),
    (-2010, "Stop loss orders are not supported for this symbol.", REFUSED),
    (-2010, "This action is disabled on this account.", KEY),
    (-2010, "This account may not place or cancel orders.", KEY),
    (-2010, "This symbol is not permitted for this account.", REFUSED),
    (-2010, "Rest API trading is not enabled.", KEY),
    (-2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity.", BUSY),
    (-2011, "Unknown order sent.", GONE),
    (-2011, "Order was not canceled due to cancel restrictions.", REFUSED),
    (-2011, "Cancel order is invalid. Check origClOrdId and orderId.", REFUSED),
]


def answer(status, code=0, message="", headers=None):
    response = SimpleNamespace(headers=headers or {}, text="")
    return BinanceAPIException(response, status, json.dumps({"code": code, "msg": message}))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_class(code):
    sending, reading = CODES[code]
    assert type(classify(answer(400, code), sending=True)) is sending
    assert type(classify(answer(400, code), sending=False)) is reading


@pytest.mark.parametrize(("code", "message", "kind"), MESSAGES)
def test_rejections_are_told_apart_by_their_message(code, message, kind):
    error = classify(answer(400, code, message), sending=True)
    assert type(error) is kind
    assert (error.code, error.detail) == (code, message)


@pytest.mark.parametrize(
    ("status", "code", "sending", "reading"),
    [
        (500, -1000, UNKNOWN, READ),
        (502, 0, UNKNOWN, READ),
        (503, -1008, UNKNOWN, READ),
        (504, 0, UNKNOWN, READ),
        (403, 0, UNKNOWN, READ),
        (408, 0, UNKNOWN, READ),
        (409, -2021, UNKNOWN, READ),
        (410, 0, UNKNOWN, READ),
        (401, 0, KEY, KEY),
        (418, -1003, LIMITED, LIMITED),
        (429, -1003, LIMITED, LIMITED),
        (429, -1015, LIMITED, LIMITED),
    ],
)
def test_the_http_status_speaks_first(status, code, sending, reading):
    assert type(classify(answer(status, code), sending=True)) is sending
    assert type(classify(answer(status, code), sending=False)) is reading


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


@given(st.integers(100, 599), st.integers(-9999, 0), st.text(max_size=60), st.booleans())
def test_no_answer_escapes_the_tree(status, code, message, sending):
    error = classify(answer(status, code, message), sending=sending)
    assert isinstance(error, ours.ExchangeError)
    if sending and status >= 500:
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
