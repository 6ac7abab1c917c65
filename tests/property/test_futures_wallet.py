"""Whatever a futures position went through: its trade's net is what the wallet has gained.

The wallet is the exchange's own way of counting, exact and kept apart from our books: every
reducing execution realizes price less average entry price at once, every commission, funding
payment and liquidation fee is taken as it falls due (USD-M API, income history).
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Market
from engine.core.money import ZERO
from engine.core.order import Leg
from engine.core.position import ExitReason, PositionSide, add_fill
from engine.core.trade import close_books
from tests.unit.core.build import NOW, D, decimals, fill, position

LOT = D("0.001")
PRICES, FEES = decimals("0.1", "90000", 2), decimals("0", "5", 8)


@dataclass
class Wallet:
    """What an account gained by asset, and the position it holds; ``sign``: 1 long, -1 short."""

    sign: int
    gained: dict[str, Fraction] = field(default_factory=dict)
    amount: Fraction = Fraction(0)
    entry_price: Fraction = Fraction(0)

    def take(self, asset, amount):
        """Money comes in, or goes if ``amount`` is negative."""
        self.gained[asset] = self.gained.get(asset, Fraction(0)) + Fraction(amount)

    def trade(self, one, *, reducing):
        """An execution: it moves the average entry price, or realizes against it."""
        quantity, price = Fraction(one.quantity), Fraction(one.price)
        if reducing:
            self.take("USDT", self.sign * quantity * (price - self.entry_price))
            self.amount -= quantity
        else:
            value = self.amount * self.entry_price + quantity * price
            self.amount += quantity
            self.entry_price = value / self.amount
        self.take(one.commission_asset, -one.commission)


def execution(draw, number, lots):
    return fill(
        number,
        quantity=lots * LOT,
        price=draw(PRICES),
        commission=draw(FEES),
        commission_asset=draw(st.sampled_from(["USDT", "BNB"])),
        at=NOW + number,
    )


@st.composite
def lives(draw):
    """Entries and exits in parts, in any order that never sells what is not held, until flat."""
    bought = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    events, held, number = [], 0, 0
    exits = st.sampled_from([Leg.STOP, Leg.TARGET, Leg.CLOSE, Leg.FOREIGN])
    while bought or held:
        number += 1
        if bought and (not held or draw(st.booleans())):
            lots = bought.pop()
            events.append((Leg.ENTRY, execution(draw, number, lots)))
            held += lots
        else:
            lots = draw(st.integers(1, held))
            events.append((draw(exits), execution(draw, number, lots)))
            held -= lots
    return events


@given(
    st.sampled_from(PositionSide),
    lives(),
    st.lists(decimals("-5", "5", 8), max_size=4),
    FEES,
    st.randoms(use_true_random=False),
)
def test_the_net_of_a_futures_trade_is_what_its_wallet_gained(
    side, life, funding, liquidation, chance
):
    wallet = Wallet(1 if side is PositionSide.LONG else -1)
    for leg, one in life:
        wallet.trade(one, reducing=leg.exit)
    for paid in funding:
        wallet.take("USDT", paid)

    chance.shuffle(life)  # reports come in any order
    books = position(market=Market.FUTURES, side=side, entry_qty=ZERO, entry_quote=ZERO)
    for leg, one in life:
        books = add_fill(books, one, leg)
    books = replace(books, funding=sum(funding, start=ZERO))
    trade = close_books(books, ExitReason.LIQUIDATION, NOW)

    assert wallet.amount == books.held == trade.dust == 0
    assert Fraction(trade.net) == wallet.gained.get("USDT", 0)
    assert Fraction(trade.fees.get("BNB", Decimal(0))) == -wallet.gained.get("BNB", Fraction(0))

    # The fee of a liquidation is told after its end: the trade is made anew.
    wallet.take("USDT", -liquidation)
    charged = replace(books, funding=books.funding - liquidation)
    again = close_books(charged, ExitReason.LIQUIDATION, NOW)
    assert Fraction(again.net) == wallet.gained["USDT"]
    assert again.net == again.gross - again.fees.get("USDT", ZERO) + again.funding
