"""Closed trades for statistics: by their net result and the hours between which they were held."""

from decimal import Decimal

from hypothesis import strategies as st

from engine.core.market import Market
from engine.core.position import ExitReason, PositionSide
from engine.core.trade import Trade

D = Decimal
HOUR = 3_600_000
DAY = 24 * HOUR
MONDAY = 1_779_667_200_000  # 2026-05-25 00:00 UTC
CAPITAL = D(1000)


def closed(net, until, since=None, **changes):
    """A trade that ended ``until`` hours after Monday, an hour after it began."""
    since = until - 1 if since is None else since
    values = {
        "id": 0,
        "position_id": 0,
        "owner_id": 1,
        "bot_id": 1,
        "market": Market.SPOT,
        "symbol": "BTCUSDT",
        "side": PositionSide.LONG,
        "quantity": D(1),
        "entry_price": D(100),
        "exit_price": D(100),
        "gross": D(net),
        "net": D(net),
        "percent": D(0),
        "dust": D(0),
        "reason": ExitReason.SIGNAL,
        "opened_at": MONDAY + int(since * HOUR),
        "closed_at": MONDAY + int(until * HOUR),
    }
    return Trade(**values | changes)


def chain(nets):
    """One trade after another, each an hour long."""
    return [closed(net, hour) for hour, net in enumerate(nets, 1)]


MONEY = st.decimals(-90, 90, places=8)
FEES = st.dictionaries(st.sampled_from(["USDT", "BTC", "BNB"]), st.decimals(0, 9, places=8))
TRADES = st.lists(
    st.builds(
        closed,
        MONEY,
        st.integers(0, 24 * 70),
        reason=st.sampled_from(ExitReason),
        gross=MONEY,
        funding=MONEY,
        fees=FEES,
    ),
    max_size=30,
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])
