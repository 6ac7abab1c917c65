"""Rules of the book in pure form: no coin is made or lost, nothing is locked for nobody."""

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.market import Side
from engine.exchange.simulator.book import Book
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.faults import Faults, parse
from engine.exchange.simulator.orders import Account, Balance, Kind, NewOrder
from engine.exchange.simulator.symbols import LISTED

SPEC = LISTED["BTCUSDT"]
START = {"BTC": Decimal(5), "USDT": Decimal(200_000)}


class Told:
    """Listener that remembers."""

    def __init__(self):
        self.reports = []

    def order_changed(self, order, execution, trade, cancel_id):
        self.reports.append((order, execution, order.executed))

    def list_changed(self, orders, *, done):
        pass

    def money_changed(self, account, assets):
        pass


class Floor:
    """A book with one account and a price that is moved by hand."""

    def __init__(self):
        self.price = Decimal(50_000)
        self.told = Told()
        self.faults = Faults()
        self.book = Book({"BTCUSDT": SPEC}, lambda _: (self.price, self.price + SPEC.tick),
                         lambda _: self.price, self.told, Fates(self.faults))  # fmt: skip
        self.account = Account("key", "secret", 1)
        for asset, amount in START.items():
            self.account.balances[asset] = Balance(amount)

    def wish(self, side, kind, distance, lots):
        level = self.price + distance
        limit = level if kind.priced else Decimal(0)
        return NewOrder("BTCUSDT", side, kind, quantity=lots * SPEC.step * 100, price=limit,
                        stop_price=level if kind.conditional else Decimal(0))  # fmt: skip

    def move(self, price, *, jump):
        self.price = price
        (self.book.jumped if jump else self.book.moved)("BTCUSDT", price, 1)


sides, kinds = st.sampled_from(list(Side)), st.sampled_from(list(Kind))
distances = st.integers(-2000, 2000).map(Decimal)
lots = st.integers(1, 900).map(Decimal)
actions = st.one_of(
    st.tuples(st.just("place"), sides, kinds, distances, lots),
    st.tuples(st.just("list"), sides, distances, distances, lots),
    st.tuples(st.just("move"), st.integers(40_000, 60_000).map(Decimal), st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, 50)),
    st.tuples(
        st.just("fault"),
        st.sampled_from(
            [
                {"what": "partial_fill", "share": "0.3", "times": None},
                {"what": "partial_fill", "share": 0},
                {"what": "partial_fill", "lots": ["0.0001", "0.001"], "where": {"type": "MARKET"}},
                {"what": "partial_fill", "lots": ["0.0001", "0.001"]},
                {"what": "fill_on_cancel"},
                {"what": "fill_on_cancel", "share": "0.4"},
                {"what": "keep_leg"},
                {"what": "refuse_trigger"},
            ]
        ),
    ),
    st.tuples(st.just("clear")),
)


def act(floor, action):
    name, *values = action
    match name:
        case "place":
            floor.book.place(floor.account, floor.wish(*values), 1)
        case "list":
            side, high, low, size = values
            taker, stop = (high, low) if side is Side.SELL else (low, high)
            legs = (floor.wish(side, Kind.STOP_LOSS, stop, size),
                    floor.wish(side, Kind.LIMIT_MAKER, taker, size))  # fmt: skip
            floor.book.place_list(floor.account, legs, "", 1)
        case "move":
            floor.move(values[0], jump=values[1])
        case "cancel":
            live = floor.book.live(floor.account)
            if live:
                floor.book.cancel(live[values[0] % len(live)], "undo", 1)
        case "fault":
            floor.faults.rules.append(parse(values[0]))
        case "clear":
            floor.faults.rules.clear()


def check_money(floor):
    expected = defaultdict(Decimal, START)
    for _, trade in floor.book.trades:
        sign = 1 if trade.buyer else -1
        expected["BTC"] += sign * trade.quantity
        expected["USDT"] -= sign * trade.quantity * trade.price
        expected[trade.commission_asset] -= trade.commission
    held = {asset: b.free + b.locked for asset, b in floor.account.balances.items()}
    assert held == {asset: expected[asset] for asset in held}
    assert all(b.free >= 0 and b.locked >= 0 for b in floor.account.balances.values())
    locks = {id(o.lock): o.lock for o in floor.book.live(floor.account)}.values()
    for asset, balance in floor.account.balances.items():
        assert balance.locked == sum(lock.left for lock in locks if lock.asset == asset)


@given(st.lists(actions, max_size=40))
@settings(max_examples=150, deadline=None)
def test_money_is_conserved_and_locked_only_for_live_orders(steps):
    floor = Floor()
    for step in steps:
        with suppress(Refused):
            act(floor, step)
        check_money(floor)
    for orders in floor.book.lists:
        kept = any(order.kept for order in orders.orders)
        assert kept or sum(order.executed > 0 for order in orders.orders) <= 1
    for order, _, executed in floor.told.reports:
        assert executed <= order.quantity


@given(distances.filter(lambda d: d < 0), st.integers(40_000, 60_000).map(Decimal), st.booleans())
def test_a_stop_never_fills_better_than_its_trigger_and_a_move_fills_exactly_there(
    distance, price, jump
):
    floor = Floor()
    order = floor.book.place(
        floor.account, floor.wish(Side.SELL, Kind.STOP_LOSS, distance, 100), 1
    )
    trigger = order.wish.stop_price
    floor.move(price, jump=jump)
    if price > trigger:
        assert order.trades == []
    else:
        assert order.trades[0].price == (price if jump else trigger)
