"""The tiny exchange of ``desk`` with the manners of futures: nothing is set aside for exits."""

from dataclasses import replace

from engine.core.market import Market
from engine.core.order import OrderState
from engine.core.position import PositionSide, add_fill
from tests.unit.core.build import D, fill, rules
from tests.unit.core.desk import Desk

S = OrderState


class FuturesDesk(Desk):
    """A position of 0.001 BTC entered at 50,000 with leverage 5.

    What reduces never does more than that: the exchange cuts it to what is held, and ends it
    when nothing is. A second stop on the whole position is refused (-4130).
    """

    def __init__(self, side=PositionSide.LONG, price="50000", pace=3_000, **changes):
        known = rules(market=Market.FUTURES, order_types=frozenset({"STOP_MARKET"}), **changes)
        super().__init__("0.001", price, known, pace)
        long = side is PositionSide.LONG
        self.position = replace(
            self.position,
            market=Market.FUTURES,
            side=side,
            leverage=5,
            stop_price=D(49_500) if long else D(50_500),
            target_price=D(51_000) if long else D(49_000),
        )

    def fill(self, one, part=None):
        """The exchange executes a reducing order, as far as something is held."""
        held = max(self.position.held, D(0))
        wanted = held if one.close_position else min(part or one.open_qty, held)
        if wanted <= 0:
            self._put(one, S.EXPIRED)
            return
        self._trades += 1
        price = one.stop_price or self.price
        self.position = add_fill(
            self.position, fill(self._trades, quantity=wanted, price=price), one.leg
        )
        filled = one.filled_qty + wanted
        done = one.close_position or filled >= one.quantity or self.position.held <= 0
        self.orders[one.client_id] = replace(
            one,
            state=S.FILLED if done else S.PART_FILLED,
            filled_qty=filled,
            booked_qty=filled,
            updated_at=self.now,
        )

    def accept(self, one):
        """Take a conditional order, or refuse a second stop on the whole position."""
        whole = any(o.close_position for o in self.in_state(S.OPEN))
        self._put(one, S.REJECTED if one.close_position and whole else S.OPEN)

    def send_calmly(self):
        """An exchange at its best."""
        for one in self.in_state(S.PLANNED, S.SENT, S.UNKNOWN):
            if one.conditional:
                self.accept(one)
            else:
                self.fill(one)
        for one in self.in_state(S.CANCELLING):
            self.answer(one, S.CANCELLED)
