"""A tiny engine and exchange around ``protect``, without rows and wires."""

from dataclasses import replace

from engine.core.cover_spot import PARTIAL_GRACE_MS
from engine.core.order import FINAL_STATES, Leg, OrderKind, OrderState
from engine.core.position import PositionState, add_fill, ask_close
from engine.core.protect import cover_of, protect
from engine.core.scene import (
    Alarm,
    AskClose,
    CancelOrder,
    ChangeExit,
    CloseBooks,
    Covered,
    ExitChange,
    PlanOrders,
    Scene,
    StartNakedClock,
)
from tests.unit.core.build import NOW, D, fill, order, position, rules

S = OrderState


class Desk:
    """One position, its orders, and a clock that ``look`` moves by ``pace`` milliseconds."""

    def __init__(self, held="0.001", price="50000", known=None, pace=3_000):
        self.pace = pace
        self.rules = known or rules()
        self.price = D(price)
        self.now = NOW
        self.alarms = []
        self.covered = False
        self.position = position(entry_qty=D(held), entry_quote=D(held) * 50_000)
        entry = order(state=S.FILLED, quantity=D(held), filled_qty=D(held), booked_qty=D(held))
        self.orders = {entry.client_id: entry}
        self._trades = 0

    @property
    def closed(self):
        """Whether the books are closed."""
        return self.position.state is PositionState.CLOSED

    def in_state(self, *states):
        """Exits in one of these states."""
        return [o for o in self.orders.values() if o.leg.exit and o.state in states]

    def look(self):
        """One guarding pass; returns the steps."""
        self.now += self.pace
        orders = tuple(self.orders.values())
        scene = Scene(self.position, orders, self.rules, self.price, self.now, "1a")
        steps = protect(scene)
        for step in steps:
            self._apply(step)
        return steps

    def answer(self, one, state):
        """The exchange says where an order, and its whole list, stands."""
        for sister in self._list_of(one):
            if sister.state not in FINAL_STATES:
                self._put(sister, state)

    def refuse(self, one, refusal):
        """The exchange refuses an order and its list, and says why."""
        for sister in self._list_of(one):
            self.orders[sister.client_id] = replace(
                sister, state=S.REJECTED, refusal=refusal, updated_at=self.now
            )

    def fill(self, one, part=None):
        """The exchange executes an order; the sister of a filled leg expires."""
        quantity = part or one.open_qty
        self._trades += 1
        price = one.stop_price or one.price or self.price
        made = fill(self._trades, quantity=quantity, price=price)
        self.position = add_fill(self.position, made, one.leg)
        filled = one.filled_qty + quantity
        state = S.FILLED if filled == one.quantity else S.PART_FILLED
        for sister in self._list_of(one):
            if sister.client_id != one.client_id and sister.state not in FINAL_STATES:
                self._put(sister, S.EXPIRED)
        self.orders[one.client_id] = replace(
            one, state=state, filled_qty=filled, booked_qty=filled, updated_at=self.now
        )

    def send_calmly(self):
        """An exchange at its best: takes exits, fills closes, carries out cancels."""
        for one in self.in_state(S.PLANNED, S.SENT, S.UNKNOWN):
            if one.kind is OrderKind.MARKET:
                self.fill(one)
            else:
                self._put(one, S.OPEN)
        for one in self.in_state(S.CANCELLING):
            self.answer(one, S.CANCELLED)

    def settle(self, passes=12):
        """Guard and answer until nothing changes any more."""
        quiet = 0
        for _ in range(passes):
            before = (self.position, dict(self.orders))
            self.look()
            self.send_calmly()
            quiet = quiet + 1 if (self.position, self.orders) == before else 0
            if quiet * self.pace >= PARTIAL_GRACE_MS * 10:
                return

    def cover(self):
        """Coins that standing stops would sell."""
        return cover_of(tuple(self.orders.values()))

    def sellable(self):
        """Coins that an order may carry."""
        return self.position.sellable(self.rules)

    def _list_of(self, one):
        if one.list_id is None:
            return [self.orders[one.client_id]]
        return [o for o in list(self.orders.values()) if o.list_id == one.list_id]

    def _put(self, one, state):
        self.orders[one.client_id] = replace(one, state=state, updated_at=self.now)

    def _apply(self, step):
        match step:
            case PlanOrders(planned):
                assert all(o.client_id not in self.orders for o in planned)
                self.orders |= {o.client_id: o for o in planned}
            case CancelOrder(one):
                self._put(self.orders[one.client_id], S.CANCELLING)
            case AskClose(reason):
                self.position = ask_close(self.position, reason)
            case CloseBooks():
                self.position = replace(self.position, state=PositionState.CLOSED)
            case StartNakedClock():
                self.position = replace(self.position, naked_since=self.now)
            case Covered():
                self.position = replace(self.position, naked_since=None)
            case ChangeExit(ExitChange.TARGET_WATCHED):
                self.position = replace(self.position, watches_target=True)
            case ChangeExit(ExitChange.STOP_CLAMPED, _, level):
                self.position = replace(self.position, stop_price=level)
            case Alarm(problem):
                self.alarms.append(problem)


def exits_by_leg(desk, leg):
    """All exits of a leg, oldest first."""
    return [o for o in desk.orders.values() if o.leg is leg and leg is not Leg.ENTRY]
