"""Money and positions are conserved, whatever is traded and wherever the price goes."""

from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.market import Side
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.faults import Faults
from engine.exchange.simulator.futures import margin
from engine.exchange.simulator.futures.book import FuturesBook
from engine.exchange.simulator.futures.contracts import perpetuals
from engine.exchange.simulator.futures.margin import trade
from engine.exchange.simulator.futures.model import Position, Wish
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.symbols import LISTED
from engine.exchange.simulator.tape import to_units

START = 1_767_225_600_000
STEP = Decimal("0.001")
SYMBOLS = ("BTCUSDT", "BNBUSDT")
prices = st.integers(4_000_000, 6_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
sizes = st.integers(3, 400).map(lambda steps: steps * STEP)


@st.composite
def acts(draw):
    kind = draw(
        st.sampled_from(["market", "other", "limit", "reduce", "stop", "jump", "move", "fund"])
    )
    side = draw(st.sampled_from(list(Side)))
    return kind, side, draw(sizes), draw(prices), draw(st.integers(0, 1))


class Floor:
    """A futures book on a real market, moved by hand."""

    def __init__(self, *, isolated, hedge, burn) -> None:
        self.market = Market(data=(), seed=1, now_ms=START, symbols=SYMBOLS, spread_ticks=1)
        self.at, self.wallets = START, [Decimal(2_000), Decimal(300_000)]
        self.book = FuturesBook(
            self.market, lambda *_: None, lambda: self.at, Fates(Faults(1)))  # fmt: skip
        self.accounts = [self.book.account(Account(key, "", n)) for n, key in enumerate("ab")]
        for account, money in zip(self.accounts, self.wallets, strict=True):
            account.hedge, account.bnb_burn = hedge, burn
            account.setting("BTCUSDT").isolated = isolated
            self.book.move_money(account, "USDT", money, "DEPOSIT", self.at)
            self.book.move_money(account, "BNB", Decimal("0.05"), "DEPOSIT", self.at)
        self.go(Decimal(50_000), jump=True)

    def go(self, price, *, jump):
        self.market.tapes["BTCUSDT"].shift(to_units(price))
        self.book.moved("BTCUSDT", price, self.at, jump=jump)

    def act(self, kind, side, quantity, price, who):
        account = self.accounts[who]
        self.at += 1000
        position_side = "BOTH"
        if account.hedge:
            position_side = "LONG" if quantity % 2 else "SHORT"
        base = {"symbol": "BTCUSDT", "side": side, "position_side": position_side,
                "quantity": quantity}  # fmt: skip
        try:
            match kind:
                case "market":
                    self.book.place(account, Wish(kind="MARKET", **base), self.at)
                case "other":
                    base |= {"symbol": "BNBUSDT", "quantity": quantity * 10}
                    self.book.place(account, Wish(kind="MARKET", **base), self.at)
                case "limit":
                    self.book.place(account, Wish(kind="LIMIT", price=price, **base), self.at)
                case "reduce":
                    wish = Wish(kind="LIMIT", price=price, reduce_only=not account.hedge, **base)
                    self.book.place(account, wish, self.at)
                case "stop":
                    wish = Wish(kind="STOP_MARKET", trigger=price, **base)
                    self.book.algos.place(account, wish, self.at)
                case "fund":
                    self.book.fund("BTCUSDT", Decimal("0.0013"), self.at)
                case _:
                    self.go(price, jump=kind == "jump")
        except Refused:
            pass

    def hold(self):
        for account, deposited in zip(self.accounts, self.wallets, strict=True):
            shelf = self.book.floor.shelf
            mine = [t for owner, t in shelf.trades if owner is account]
            earned = [i for owner, i in shelf.income if owner is account and i.asset == "USDT"]
            fees = sum(t.commission for t in mine if t.commission_asset == "USDT")
            other = sum(i.amount for i in earned if i.kind in {"FUNDING_FEE", "INSURANCE_CLEAR"})
            assert account.wallet["USDT"] == (
                deposited + sum(t.realized for t in mine) - fees + other)  # fmt: skip
            for position in account.positions.values():
                signed = [(1 if t.side is Side.BUY else -1, t) for t in mine
                          if (t.symbol, t.position_side) == (position.symbol, position.side)
                ]  # fmt: skip
                assert position.amount == sum(way * t.quantity for way, t in signed)
                paid = sum(way * t.quantity * t.price for way, t in signed)
                assert position.cost == paid + sum(t.realized for _, t in signed)
                assert position.isolated == 0 or account.setting(position.symbol).isolated
                if position.side == "LONG":
                    assert position.amount >= 0
                if position.side == "SHORT":
                    assert position.amount <= 0
            assert account.wallet["USDT"] >= 0 or account.held()


@settings(max_examples=60, deadline=None)
@given(st.lists(acts(), max_size=30), st.booleans(), st.booleans(), st.booleans())
def test_a_wallet_changes_by_profits_fees_funding_and_insurance_alone(
    script, isolated, hedge, burn
):
    floor = Floor(isolated=isolated, hedge=hedge, burn=burn)
    for act in script:
        floor.act(*act)
        floor.hold()


@settings(max_examples=60, deadline=None)
@given(st.lists(acts(), max_size=30), st.booleans(), st.booleans())
@example(
    script=[
        ("market", Side.BUY, Decimal("0.139"), Decimal("47928.48"), 0),
        ("market", Side.BUY, Decimal("0.072"), Decimal("41940.36"), 0),
        ("other", Side.BUY, Decimal("0.003"), Decimal("40000.00"), 0),
    ],
    isolated=False,
    hedge=False,
)
def test_nobody_is_left_below_maintenance_after_a_move(script, isolated, hedge):
    floor = Floor(isolated=isolated, hedge=hedge, burn=False)
    for act in script:
        floor.act(*act)
        floor.go(act[3], jump=act[4] == 0)
        for account in floor.accounts:
            for position in account.held():
                contracts, mark = floor.book.floor.contracts, floor.book.floor.mark
                assert not margin.standing(account, contracts, mark, position).spent


fills = st.lists(st.tuples(st.integers(-300, 300).filter(bool), prices), min_size=1, max_size=20)


@given(fills, st.sampled_from([None, 3, 20, 125]))
def test_profits_of_a_closed_position_are_what_was_sold_minus_what_was_bought(trades, leverage):
    position = Position("BTCUSDT", "BOTH")
    realized = paid = Decimal(0)
    for steps, price in [*trades, (None, Decimal("51234.56"))]:
        quantity = -position.amount if steps is None else steps * STEP
        change = trade(position, quantity, price, leverage)
        realized += change.realized
        paid += quantity * price
    assert (position.amount, position.cost, position.isolated) == (0, 0, 0)
    assert realized == -paid


def test_maintenance_margin_never_jumps_at_the_edge_of_a_bracket():
    for contract in perpetuals(LISTED).values():
        for low, high in zip(contract.brackets, contract.brackets[1:], strict=False):
            assert low.cap == high.floor
            assert low.cap * low.rate - low.cum == high.floor * high.rate - high.cum
