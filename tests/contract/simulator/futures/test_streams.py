"""Futures sockets: the three doors, market streams, listen keys and user events."""

import pytest

LIFE = 3_600_000


async def silent(wire):
    """Whether nothing comes before the answer to a question."""
    return (await wire.ask("LIST_SUBSCRIPTIONS", number=9)).get("id") == 9


@pytest.mark.parametrize("path", ["/fstream/market/ws", "/market/ws", "/a/b/market/ws"])
async def test_candles_come_over_the_market_door_under_any_prefix(desk, path):
    async with desk.lab.socket(f"{path}/btcusdt@kline_1m") as wire:
        await desk.lab.price(50_500)
        event = await wire.hear()
    assert (event["e"], event["s"], event["k"]["c"]) == ("kline", "BTCUSDT", "50500.00000000")
    assert event["k"]["x"] is False


async def test_continuous_candles_have_a_name_and_shape_of_their_own(desk):
    stream = "btcusdt_perpetual@continuousKline_1m"
    async with desk.lab.socket(f"/market/stream?streams={stream}") as wire:
        await desk.lab.control("advance", ms=60_000)
        event = await wire.hear()
        while not event["data"]["k"]["x"]:
            event = await wire.hear()
    assert event["stream"] == stream
    assert (event["data"]["e"], event["data"]["ps"], event["data"]["ct"]) == (
        "continuous_kline", "BTCUSDT", "PERPETUAL")  # fmt: skip


async def test_the_best_prices_come_over_the_public_door(desk):
    async with desk.lab.socket("/fstream/public/ws/btcusdt@bookTicker") as wire:
        await desk.lab.price(50_500)
        event = await wire.hear()
    assert (event["e"], event["b"], event["st"], event["ps"]) == (
        "bookTicker", "50500.00000000", 1, "BTCUSDT")  # fmt: skip


@pytest.mark.parametrize("name", ["btcusdt@markPrice", "btcusdt@markPrice@1s"])
async def test_the_mark_price_tells_the_funding_too(desk, name):
    async with desk.lab.socket(f"/market/stream?streams={name}") as wire:
        await desk.lab.price(50_500)
        event = (await wire.hear())["data"]
    assert (event["e"], event["p"], event["i"], event["r"]) == (
        "markPriceUpdate", "50500.00000000", "50500.00000000", "0.00010000")  # fmt: skip
    assert event["T"] % 28_800_000 == 0


@pytest.mark.parametrize(("path", "name"), [
    ("/fstream/public/ws", "btcusdt@kline_1m"),
    ("/fstream/market/ws", "btcusdt@bookTicker"),
    ("/fstream/ws", "btcusdt@kline_1m"),
    ("/fstream/ws", "btcusdt@markPrice"),
    ("/fstream/market/ws", "btcusdt@nothing"),
])  # fmt: skip
async def test_the_wrong_door_says_yes_and_stays_silent(desk, path, name):
    async with desk.lab.socket(path) as wire:
        assert await wire.ask("SUBSCRIBE", [name]) == {"result": None, "id": 1}
        await desk.lab.price(50_500)
        assert await silent(wire)


async def test_the_old_address_still_sends_public_streams(desk):
    async with desk.lab.socket("/fstream/ws") as wire:
        await wire.ask("SUBSCRIBE", ["btcusdt@bookTicker"], "a")
        await desk.lab.price(50_500)
        assert (await wire.hear())["e"] == "bookTicker"


@pytest.mark.parametrize("form", [
    "/fstream/private/ws?listenKey={}", "/private/ws/{}", "/private/stream?listenKey={}",
    "/private/stream?streams={}",
])  # fmt: skip
async def test_user_events_come_by_path_or_query(desk, form):
    async with desk.user_stream(form) as wire:
        await desk.order("BUY", "0.1", newClientOrderId="go")
        event = await wire.hear()
    if "stream?" in form:
        assert event["stream"] == (await desk.listen_key())["listenKey"]
        event = event["data"]
    assert (event["e"], event["o"]["x"], event["o"]["c"]) == ("ORDER_TRADE_UPDATE", "NEW", "go")


async def test_user_events_come_by_subscription(desk):
    key = (await desk.listen_key())["listenKey"]
    async with desk.lab.socket("/fstream/private/ws") as wire:
        await wire.ask("SUBSCRIBE", [key], "some-uuid")
        await desk.order("BUY", "0.1", "49000")
        assert (await wire.hear())["o"]["X"] == "NEW"
        await wire.ask("UNSUBSCRIBE", [key])
        await desk.order("BUY", "0.1", "49000")
        assert await silent(wire)


async def test_events_can_be_chosen(desk, hear):
    form = "/private/ws?listenKey={}&events=ACCOUNT_UPDATE/ALGO_UPDATE"
    async with desk.user_stream(form) as wire:
        await desk.order("BUY", "0.1")
        assert (await wire.hear())["e"] == "ACCOUNT_UPDATE"
        assert await silent(wire)


async def test_a_fill_tells_the_trade_the_money_and_the_order(desk, hear):
    async with desk.user_stream() as wire:
        await desk.order("BUY", "0.1", newClientOrderId="go")
        new, lite, money, trade = await hear(wire, count=4)
    assert (new["o"]["x"], new["o"]["X"], new["o"]["t"]) == ("NEW", "NEW", 0)
    assert (lite["e"], lite["t"], lite["l"]) == ("TRADE_LITE", trade["o"]["t"], "0.1")
    assert (money["e"], money["a"]["m"]) == ("ACCOUNT_UPDATE", "ORDER")
    (row,) = money["a"]["P"]
    assert (row["s"], row["pa"], row["ep"], row["mt"], row["ps"]) == (
        "BTCUSDT", "0.1", "50000", "cross", "BOTH")  # fmt: skip
    (row,) = money["a"]["B"]
    assert row == {"a": "USDT", "wb": "9997.50000000", "cw": "9997.50000000", "bc": "0.00000000"}
    assert (trade["o"]["x"], trade["o"]["X"], trade["o"]["n"], trade["o"]["N"]) == (
        "TRADE", "FILLED", "2.50000000", "USDT")  # fmt: skip


async def test_one_key_is_shared_and_extended(desk):
    key = await desk.listen_key()
    assert await desk.listen_key() == key
    await desk.lab.control("advance", ms=LIFE - 60_000)
    assert await desk.listen_key("PUT") == key
    await desk.lab.control("advance", ms=LIFE - 60_000)
    assert await desk.listen_key("PUT") == key
    assert await desk.listen_key("DELETE") == {}
    assert (await desk.listen_key("PUT"))["code"] == -1125
    assert (await desk.listen_key())["listenKey"] != key["listenKey"]


async def test_a_key_that_is_not_kept_alive_expires_and_says_so(desk, hear):
    async with desk.user_stream() as wire:
        await desk.lab.control("advance", ms=LIFE + 60_000)
        event = (await hear(wire, count=1))[0]
        assert event["e"] == "listenKeyExpired"
        assert len(event["listenKey"]) == 64
        await desk.listen_key()
        await desk.order("BUY", "0.1")
        assert await silent(wire)
    assert (await desk.listen_key())["listenKey"] != event["listenKey"]


async def test_a_key_expires_on_demand(desk):
    async with desk.user_stream() as wire:
        await desk.act("expire_key")
        assert (await wire.hear())["e"] == "listenKeyExpired"


async def test_stream_faults_reach_user_events(desk, hear):
    await desk.lab.control("faults", what="duplicate", stream="user@ORDER_TRADE_UPDATE")
    async with desk.user_stream() as wire:
        await desk.order("BUY", "0.1", "49000")
        first, second = await hear(wire, count=2)
    assert first == second


async def test_a_key_of_somebody_else_tells_nothing_of_mine(desk, other):
    async with other.user_stream() as wire:
        await desk.order("BUY", "0.1")
        assert await silent(wire)


async def test_futures_sockets_can_be_cut_by_their_path(desk):
    async with desk.user_stream() as wire:
        answer = await desk.lab.control("disconnect", path="/fstream/private")
        assert answer == {"sockets": 1}
        assert (await wire.ws.receive()).type.name in {"CLOSED", "CLOSE", "ERROR"}
