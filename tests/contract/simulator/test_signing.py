"""Keys, signatures over the strings as sent, the time gate and the request limits."""

from base64 import b64encode
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT = "/api/v3/account"


async def test_parameters_may_come_in_the_query_the_body_or_both(lab):
    query = "symbol=BTCUSDT&side=BUY&type=MARKET"
    body = f"quantity=0.01&timestamp={lab.now}"
    signature = f"&signature={lab.sign(query + body)}"
    mixed = await lab.send("POST", "/api/v3/order", query, body + signature)
    assert mixed.status == 200
    whole = f"{query}&{body}"
    signature = f"&signature={lab.sign(whole)}"
    assert (await lab.send("POST", "/api/v3/order", whole + signature)).status == 200
    assert (await lab.send("POST", "/api/v3/order", "", whole + signature)).status == 200


async def test_the_signature_covers_the_encoded_string(lab):
    symbols = '["BTCUSDT"]'
    raw = f"symbols={symbols}&timestamp={lab.now}"
    sent = f"symbols={quote(symbols)}&timestamp={lab.now}"
    bad = await lab.send("GET", ACCOUNT, f"{sent}&signature={lab.sign(raw)}")
    good = await lab.send("GET", ACCOUNT, f"{sent}&signature={lab.sign(sent)}")
    assert (bad.status, bad.json["code"], good.status) == (400, -1022, 200)


@pytest.mark.parametrize(("key", "status", "code"), [("", 401, -2014), ("stranger", 401, -2015)])
async def test_a_key_must_be_known(lab, key, status, code):
    query = urlencode({"timestamp": lab.now, "signature": "00"})
    answer = await lab.send("GET", ACCOUNT, query, key=key)
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_revoked_key_is_worth_nothing(lab):
    await lab.control("accounts", key=lab.key, secret=lab.secret, revoked=True)
    assert (await lab.signed("GET", ACCOUNT)).json["code"] == -2015


async def test_a_key_without_the_right_to_trade_may_only_read(lab):
    await lab.control(
        "accounts",
        key=lab.key,
        secret=lab.secret,
        permissions={"enableSpotAndMarginTrading": False},
    )
    refused = await lab.order(side="BUY", type="MARKET", quantity="0.1")
    assert (refused.status, refused.json["code"]) == (401, -2015)
    rights = (await lab.signed("GET", "/sapi/v1/account/apiRestrictions")).json
    assert (rights["enableSpotAndMarginTrading"], rights["enableWithdrawals"]) == (False, False)


@pytest.mark.parametrize(("age", "window", "words"), [
    (5001, None, "outside of the recvWindow"),
    (1001, 1000, "outside of the recvWindow"),
    (-1000, None, "1000ms ahead of the server's time"),
    (5000, None, None),
    (-999, None, None),
    (59_000, 60_000, None),
])  # fmt: skip
async def test_the_time_gate_holds_at_both_ends(lab, age, window, words):
    extra = {} if window is None else {"recvWindow": window}
    answer = await lab.signed("GET", ACCOUNT, timestamp=lab.now - age, **extra)
    if words is None:
        assert answer.status == 200
    else:
        assert answer.json["code"] == -1021
        assert words in answer.json["msg"]


async def test_microsecond_timestamps_are_understood(lab):
    assert (await lab.signed("GET", ACCOUNT, timestamp=lab.now * 1000)).status == 200


async def test_a_window_beyond_a_minute_is_refused(lab):
    assert (await lab.signed("GET", ACCOUNT, recvWindow=60_001)).json["code"] == -1131


async def test_the_time_gate_grows_with_the_speed(open_lab):
    async with open_lab(speed=60.0) as lab:
        young = await lab.signed("GET", ACCOUNT, timestamp=lab.now - 200_000)
        old = await lab.signed("GET", ACCOUNT, timestamp=lab.now - 320_000)
        early = await lab.signed("GET", ACCOUNT, timestamp=lab.now + 40_000)
    assert (young.status, early.status, old.json["code"]) == (200, 200, -1021)


async def test_ed25519_signatures_are_verified(lab):
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    await lab.control("accounts", key="ed", secret=pem.decode(), balances={"USDT": "5"})
    payload = f"timestamp={lab.now}"
    signature = quote(b64encode(private.sign(payload.encode())).decode(), safe="")
    good = await lab.send("GET", ACCOUNT, f"{payload}&signature={signature}", key="ed")
    bad = await lab.send("GET", ACCOUNT, f"{payload}0&signature={signature}", key="ed")
    assert (good.status, bad.json["code"]) == (200, -1022)


async def test_weight_is_told_and_its_end_is_429_with_retry_after(lab):
    first = await lab.public("/api/v3/exchangeInfo")
    second = await lab.public("/api/v3/ping")
    used = [int(answer.headers["X-MBX-USED-WEIGHT-1M"]) for answer in (first, second)]
    assert used[1] - used[0] == 1
    lab.exchange.world.limits.add_weight("127.0.0.1", 6000)
    refused = await lab.public("/api/v3/ping")
    assert (refused.status, refused.json["code"]) == (429, -1003)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


async def test_a_refused_order_costs_weight_and_a_taken_one_does_not(lab):
    before = int((await lab.public("/api/v3/ping")).headers["X-MBX-USED-WEIGHT-1M"])
    taken = await lab.order(side="BUY", type="MARKET", quantity="0.01")
    assert int(taken.headers["X-MBX-USED-WEIGHT-1M"]) == before
    refused = await lab.order(side="BUY", type="MARKET", quantity="900")
    assert int(refused.headers["X-MBX-USED-WEIGHT-1M"]) == before + 1


async def test_too_many_resting_orders_in_ten_seconds_are_refused(lab):
    limit = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
             "price": "40000"}  # fmt: skip
    answers = [await lab.order(**limit) for _ in range(101)]
    refused = [answer for answer in answers if answer.status == 429]
    counts = [int(answer.headers["X-MBX-ORDER-COUNT-10S"]) for answer in answers]
    assert max(counts) == 100 or counts[-1] < 100  # a ten-second window may end on the way
    assert all(answer.json["code"] == -1015 for answer in refused)
