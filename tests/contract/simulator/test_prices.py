"""Where prices come from: the generator, recordings, and time that may be frozen or fast."""

import asyncio
import gzip
import itertools
from decimal import Decimal

import numpy as np
import pytest

from engine.core.market import Timeframe
from engine.exchange.simulator.generator import MINUTE_MS, Generator
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.replay import BadCandles, load

START = 1_767_225_600_000
ROWS = [(START + n * MINUTE_MS, 100 + n, 102 + n, 99 + n, 101 + n, 5) for n in range(20)]


def ema(values, period):
    out, state = [], values[0]
    for value in values:
        state += (value - state) * 2 / (period + 1)
        out.append(state)
    return np.array(out)


def rsi(values, period):
    out, up, down = [50.0], 0.0, 0.0
    for change in np.diff(values):
        up += (max(change, 0) - up) / period
        down += (max(-change, 0) - down) / period
        out.append(100 * up / (up + down) if up + down else 50.0)
    return np.array(out)


def test_a_seed_always_makes_the_same_prices_wherever_one_begins():
    first = START // MINUTE_MS
    one = Generator(7, "BTCUSDT", 6_800_000_000_000, 1_000_000)
    other = Generator(7, "BTCUSDT", 6_800_000_000_000, 1_000_000)
    whole = one.bars(first - 3000, 5000)
    assert (whole[3000:3100] == other.bars(first, 100)).all()
    assert (whole[1:, 1] == whole[:-1, 4]).all()  # each minute opens where the last one closed
    stranger = Generator(8, "BTCUSDT", 6_800_000_000_000, 1_000_000)
    assert (stranger.bars(first - 3000, 9) != whole[:9]).any()
    assert (whole[:, 3] <= whole[:, 1:5].min(axis=1)).all()
    assert (whole[:, 2] >= whole[:, 1:5].max(axis=1)).all()


def entries(seed, symbol, days=20):
    """Candles of these days at which the default strategy buys."""
    bars = Generator(seed, symbol, 6_800_000_000, 1_000).bars(START // MINUTE_MS, days * 1440)
    closes = bars[:, 4].astype(float)
    fast, slow, strength = ema(closes, 8), ema(closes, 21), rsi(closes, 7)
    crossed = (fast[1:] > slow[1:]) & (fast[:-1] <= slow[:-1]) & (strength[1:] < 65)
    return closes, np.flatnonzero(crossed) + 1


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "DOGEUSDT"])
def test_generated_prices_give_a_demo_something_to_do(symbol):
    closes, bought = entries(1, symbol)
    assert len(bought) >= len(closes) / 40
    moved = np.abs(closes[60:] / closes[:-60] - 1)
    assert (moved > 0.01).mean() > 0.2


@pytest.mark.parametrize("seed", range(6))
def test_a_demo_begun_at_any_minute_trades_within_an_hour_of_candles(seed):
    closes, bought = entries(seed, "BTCUSDT")
    waits = np.diff([0, *bought, len(closes)])
    late = {limit: np.maximum(waits - limit, 0).sum() / len(closes) for limit in (60, 120)}
    assert late[60] < 0.06
    assert late[120] < 0.01


def make(**settings):
    market = Market(**{"data": (), "seed": 1, "now_ms": START, "symbols": ("BTCUSDT",)} | settings)
    while market.next_at() <= market.origin_ms:
        market.step()
    return market


@pytest.mark.parametrize("frame", list(Timeframe))
def test_every_timeframe_reaches_back_and_ends_with_the_open_candle(frame):
    market = make()
    candles = market.candles("BTCUSDT", frame, start=None, end=START, limit=150)
    assert len(candles) == 150
    assert candles[-1][0] == frame.open_time(START)
    assert {b[0] - a[0] for a, b in itertools.pairwise(candles)} == {frame.ms}


def test_long_candles_are_made_of_the_short_ones():
    market = make()
    hour = market.candles("BTCUSDT", Timeframe.H1, start=START - 3_600_000, end=START - 1, limit=9)
    minutes = market.candles(
        "BTCUSDT", Timeframe.M1, start=START - 3_600_000, end=START - 1, limit=999
    )
    assert (len(hour), len(minutes)) == (1, 60)
    assert hour[0][1:6] == [
        minutes[0][1], max(m[2] for m in minutes), min(m[3] for m in minutes), minutes[-1][4],
        sum(m[5] for m in minutes),
    ]  # fmt: skip


def write(path, *, header, columns, micro, packed):
    lines = ["open_time,open,high,low,close,volume"] if header else []
    for row in ROWS:
        cells = [row[0] * (1000 if micro else 1), *row[1:], *[0] * (columns - 6)]
        lines.append(",".join(str(cell) for cell in cells))
    text = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return str(path)


@pytest.mark.parametrize("form", [
    {"header": True, "columns": 6, "micro": False, "packed": True},
    {"header": False, "columns": 12, "micro": True, "packed": False},
])  # fmt: skip
def test_candle_files_are_read_in_all_their_forms(tmp_path, form):
    path = write(tmp_path / "ABCUSDT-1m-2026.csv.gz", **form)
    rows = load([path])["ABCUSDT"]
    assert rows[:, 0].tolist() == [row[0] for row in ROWS]
    assert rows[0, 1:].tolist() == [value * 10**8 for value in ROWS[0][1:]]
    assert list(load([f"XYZBTC={path}"])) == ["XYZBTC"]


@pytest.mark.parametrize("content", [b"", b"hello,world\n1,2", b"\x1f\x8bnonsense"])
def test_a_file_without_candles_is_named_in_the_error(tmp_path, content):
    path = tmp_path / "BTCUSDT-1m.csv"
    path.write_bytes(content)
    with pytest.raises(BadCandles, match=r"BTCUSDT-1m\.csv"):
        load([str(path)])
    with pytest.raises(BadCandles):
        load([str(tmp_path / "BTCUSDT-none.csv")])


async def test_a_replay_plays_the_file_and_derives_rules_for_its_symbol(open_lab, tmp_path):
    path = write(tmp_path / "ABCUSDT-1m.csv", header=True, columns=6, micro=False, packed=False)
    async with open_lab(data=(path,), spread_ticks=0) as lab:
        assert lab.now == ROWS[10][0]  # half of a short file is history
        await lab.control("advance", ms=5 * MINUTE_MS)
        answer = await lab.public("/api/v3/klines", symbol="ABCUSDT", interval="1m")
        rows = [[Decimal(cell) for cell in row[1:6]] for row in answer.json]
        assert rows[:-1] == [list(row[1:]) for row in ROWS[:15]]
        assert rows[-1][:4] == [115] * 4
        info = (await lab.public("/api/v3/exchangeInfo", symbol="ABCUSDT")).json["symbols"][0]
        assert (info["baseAsset"], info["quoteAsset"]) == ("ABC", "USDT")


async def test_a_frozen_clock_moves_only_by_hand_and_never_back(lab):
    before = lab.now
    await asyncio.sleep(0)
    assert lab.now == before
    assert (await lab.control("advance", ms=1234))["now"] == before + 1234
    assert "error" in await lab.control("advance", ms=-1)
    assert (await lab.public("/api/v3/time")).json["serverTime"] == before + 1234


async def test_time_never_passes_a_price_that_has_not_been_processed(open_lab):
    async with open_lab(speed=1e9) as lab:  # no machine can keep up with this
        async with lab.socket("/ws/btcusdt@kline_1m") as wire:
            opened = [(await wire.hear())["k"]["t"] for _ in range(200)]
        assert lab.now <= lab.exchange.world.market.next_at()
        clock = await lab.control("clock", method="GET")
    steps = {b - a for a, b in itertools.pairwise(opened)}
    assert steps <= {0, MINUTE_MS}  # no candle is skipped
    assert clock["speed"] == 1e9


async def test_a_price_set_by_hand_is_where_generated_prices_go_on_from(lab):
    await lab.price(10_000)
    await lab.control("advance", ms=10 * MINUTE_MS)
    price = Decimal((await lab.public("/api/v3/ticker/price", symbol="BTCUSDT")).json["price"])
    assert 9_000 < price < 11_000


def test_candles_before_the_first_one_begin_with_the_first_one():
    market = make()
    found = market.candles("BTCUSDT", Timeframe.M1, start=0, end=START, limit=3)
    assert [candle[0] for candle in found] == [
        market.tapes["BTCUSDT"].first_ms + n * MINUTE_MS for n in range(3)]  # fmt: skip
    later = START + 3_600_000
    assert market.candles("BTCUSDT", Timeframe.M1, start=later, end=START, limit=3) == []
    assert market.candles("BTCUSDT", Timeframe.M1, start=None, end=5, limit=3) == []


def test_a_hole_in_a_recording_does_not_make_an_answer_shorter(tmp_path):
    rows = [*ROWS[:5], *((row[0] + 86_400_000, *row[1:]) for row in ROWS[5:])]
    path = tmp_path / "BTCUSDT-1m.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in rows))
    market = make(data=(str(path),))
    first, end = rows[0][0], market.origin_ms
    forward = market.candles("BTCUSDT", Timeframe.M1, start=first, end=end, limit=8)
    backward = market.candles("BTCUSDT", Timeframe.M1, start=None, end=end, limit=8)
    assert [candle[0] for candle in forward] == [row[0] for row in rows[:8]]
    assert [candle[0] for candle in backward] == [row[0] for row in rows[3:11]]
