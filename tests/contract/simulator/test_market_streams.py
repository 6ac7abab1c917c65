"""Candle and book streams, subscribed by path, by query and by message."""

KLINE = {"t", "T", "s", "i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q", "V", "Q", "B"}


async def minute(lab):
    await lab.control("advance", ms=60_000)


async def test_a_closed_candle_is_told_once_and_equals_the_rest_answer(lab):
    async with lab.socket("/ws/btcusdt@kline_1m") as wire:
        await minute(lab)
        while not (event := await wire.hear())["k"]["x"]:
            pass
    kline = event["k"]
    assert (event["e"], event["s"], set(kline)) == ("kline", "BTCUSDT", KLINE)
    answer = await lab.public("/api/v3/klines", symbol="BTCUSDT", interval="1m",
                              startTime=kline["t"], limit=1)  # fmt: skip
    row = answer.json[0]
    assert [kline[name] for name in "tohlcvTqn"] == [*row[:9]]
    assert event["E"] == kline["T"] + 1


async def test_longer_candles_close_at_their_own_boundaries(lab):
    async with lab.socket("/stream?streams=btcusdt@kline_5m/btcusdt@kline_3m") as wire:
        await lab.control("advance", ms=15 * 60_000)
        closed = []
        while len(closed) < 8:
            event = await wire.hear()
            if event["data"]["k"]["x"]:
                closed.append((event["stream"], event["data"]["E"] % 900_000 // 60_000))
    assert [at for name, at in closed if name.endswith("3m")] == [3, 6, 9, 12, 0]
    assert [at for name, at in closed if name.endswith("5m")] == [5, 10, 0]


async def test_the_book_is_told_at_every_point_of_a_candle(lab):
    async with lab.socket("/ws/btcusdt@bookTicker") as wire:
        await lab.control("candle", symbol="BTCUSDT", open="50000", high="50300", low="49800",
                          close="50100")  # fmt: skip
        await lab.control("advance", ms=120_000)
        bids = []
        while bids[-4:] != ["50000.00", "49800.00", "50300.00", "50100.00"]:
            event = await wire.hear()
            assert set(event) == set("usbBaA")
            if bids[-1:] != [event["b"][:-6]]:
                bids.append(event["b"][:-6])


async def test_subscriptions_change_while_the_connection_lives(lab):
    async with lab.socket("/ws") as wire:
        named = ["btcusdt@bookTicker", "ethusdt@kline_1m", "btcusdt@nothing"]
        assert await wire.ask("SUBSCRIBE", named, "word") == {"result": None, "id": "word"}
        assert await wire.ask("LIST_SUBSCRIPTIONS", number=4) == {"result": named, "id": 4}
        await wire.ask("UNSUBSCRIBE", named[:2], 5)
        assert (await wire.ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@nothing"]
        await minute(lab)
        assert (await wire.ask("LIST_SUBSCRIPTIONS", number=9))["id"] == 9
        assert "error" in await wire.ask("JUGGLE")


async def test_any_path_below_ws_is_a_connection(lab):
    async with lab.socket("/ws/0") as wire:
        await wire.ask("SUBSCRIBE", ["btcusdt@bookTicker"])
        await lab.price(51_000)
        assert (await wire.hear())["b"] == "51000.00000000"


async def test_a_combined_stream_wraps_its_events(lab):
    async with lab.socket("/stream?streams=btcusdt@bookTicker") as wire:
        await lab.price(51_000)
        event = await wire.hear()
    assert (event["stream"], event["data"]["s"]) == ("btcusdt@bookTicker", "BTCUSDT")
