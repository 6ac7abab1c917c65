"""How futures orders trade and end: the price rules of ``core.matching``, margin and fees."""

from collections.abc import Sequence
from decimal import Decimal

from engine.core.matching import Resting, fill_after_jump, fill_along_segment
from engine.core.money import floor_to_step
from engine.exchange.simulator.futures import margin
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.model import (
    ZERO,
    AlgoOrder,
    FuturesAccount,
    Order,
    Position,
    Trade,
    Wish,
    sign,
)  # fmt: skip
from engine.exchange.simulator.orders import Status

_BNB_DISCOUNT = Decimal("0.9")
IOC_REST, KNOCKED_OUT, LIQUIDATED, CONDITION, DELISTED, MARKET_REST = "2", "4", "5", "6", "7", "9"


class Fills:
    """Fills and ends regular orders."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def touched(self, symbol: str, price: Decimal, *, jump: bool) -> list[tuple[Order, Decimal]]:
        """Resting limits that a jump or a continuous move to ``price`` fills, and where."""
        reached = fill_after_jump if jump else fill_along_segment
        live = self._floor.shelf.live(symbol=symbol)
        hits = ((o, reached(Resting.LIMIT, o.wish.side, o.price, price)) for o in live)
        return [(order, fill) for order, fill in hits if fill is not None]

    def arrived(self, order: Order, at: int, price: Decimal | None = None) -> None:
        """Trade what a new order can trade at once (at ``price`` when it was triggered there)."""
        bid, ask = self._floor.quote(order.wish.symbol)
        market, force = order.wish.kind == "MARKET", order.wish.time_in_force
        way = sign(order.wish.side)
        at_hand = price if price is not None else (ask if way > 0 else bid)
        takes = market or (order.price - at_hand) * way >= 0
        if takes and force == "GTX":
            self.end(order, Status.EXPIRED, at)
        elif takes:
            self.fill(order, at_hand, at, maker=False)
        if order.status.live and (market or force in {"IOC", "FOK"}):
            self.end(order, Status.EXPIRED, at, reason=MARKET_REST if market else IOC_REST)

    def end(self, order: Order, status: Status, at: int, *, reason: str = "0") -> None:
        """End an order that has not been filled whole."""
        order.status, order.updated_at, order.reason = status, at, reason
        self._floor.shelf.retire(order)
        self._floor.events.order(order, status.value)
        self._finish_algo(order, at)

    def fill(
        self, order: Order, price: Decimal, at: int, *, maker: bool, execution: str = "TRADE",
        lots: Sequence[Decimal] | None = None,
    ) -> None:  # fmt: skip
        """Trade an order at a price, by no more than its position when it only reduces.

        It trades in one, or in as many ``lots`` as faults make of it.
        """
        for lot in self._lots(order, maker=maker) if lots is None else lots:
            most = order.account.reducible(order.wish) if order.wish.reducing else lot
            quantity = min(lot, most, order.remaining)
            if quantity:
                self._trade(order, price, quantity, at, maker=maker, execution=execution)
        if order.status.live and order.wish.reducing and not order.account.reducible(order.wish):
            self.end(order, Status.EXPIRED, at, reason=KNOCKED_OUT)

    def race(self, order: Order, at: int) -> None:
        """Let an order trade while its cancel is being handled, when a fault says so."""
        rule = self._floor.fates.strikes("fill_on_cancel", order.account.key, facts(order))
        if rule is not None and order.status.live:
            step = self._floor.contracts[order.wish.symbol].step
            lot = max(step, floor_to_step(order.remaining * rule.share, step))
            self.fill(order, order.price, at, maker=True, lots=[lot])

    def _trade(
        self, order: Order, price: Decimal, quantity: Decimal, at: int, *, maker: bool,
        execution: str,
    ) -> None:  # fmt: skip
        position = order.account.position(order.wish.symbol, order.wish.position_side)
        trade = self._settle(order, position, price, quantity, at, maker=maker)
        order.executed += quantity
        order.spent += price * quantity
        order.updated_at = position.updated_at = at
        order.status = Status.PARTIALLY_FILLED if order.remaining else Status.FILLED
        if not order.remaining:
            self._floor.shelf.retire(order)
        events, assets = self._floor.events, {MARGIN_ASSET, trade.commission_asset}
        events.trade_lite(order, trade)
        events.money(order.account, "ORDER", at, dict.fromkeys(sorted(assets), ZERO), [position])
        events.order(order, execution, trade)
        if not order.remaining:
            self._finish_algo(order, at)
        self.knock_out(order.account, order.wish, at, apart=order)
        if not position.amount:
            self._drop_orphans(order.account, order.wish, at)

    def knock_out(
        self, account: FuturesAccount, wish: Wish, at: int, apart: Order | None = None
    ) -> None:
        """End reducing orders to which better ones have left nothing of the position."""
        for side in {wish.side, wish.side.opposite}:
            mine = [
                order
                for order in self._floor.shelf.live(account, wish.symbol)
                if order is not apart and order.wish.reducing and order.wish.side is side
                and order.wish.position_side == wish.position_side
            ]  # fmt: skip
            mine.sort(key=lambda order: (order.price * sign(side) * -1, order.id))
            left = account.reducible(mine[0].wish) if mine else ZERO
            for order in mine:
                if left <= 0:
                    self.end(order, Status.EXPIRED, at, reason=KNOCKED_OUT)
                left -= order.remaining

    def _drop_orphans(self, account: FuturesAccount, wish: Wish, at: int) -> None:
        """End orders that live only as long as the position that has just gone."""
        shelf, side = self._floor.shelf, wish.position_side
        for algo in shelf.waiting(account, wish.symbol):
            closes = algo.wish.close_position and not account.orphans_stay
            if algo.wish.position_side == side and (closes or algo.wish.bound):
                end_algo(self._floor, algo, "EXPIRED", at)
        for order in shelf.live(account, wish.symbol):
            if order.wish.position_side == side and order.wish.bound:
                self.end(order, Status.EXPIRED, at, reason=CONDITION)

    def _lots(self, order: Order, *, maker: bool) -> list[Decimal]:
        step = self._floor.contracts[order.wish.symbol].step
        taker = not maker and order.wish.kind == "MARKET"
        return self._floor.fates.lots(
            order.account.key, facts(order), order.remaining, step, taker=taker
        )

    def _settle(
        self, order: Order, position: Position, price: Decimal, quantity: Decimal, at: int,
        *, maker: bool,
    ) -> Trade:  # fmt: skip
        account, symbol, shelf = order.account, order.wish.symbol, self._floor.shelf
        setting = account.setting(symbol)
        leverage = setting.leverage if setting.isolated else None
        change = margin.trade(position, quantity * sign(order.wish.side), price, leverage)
        rate = account.maker_fee if maker else account.taker_fee
        fee, asset = self._fee(account, price * quantity * rate)
        trade = shelf.record(
            order, price, quantity, change.realized, (fee, asset), at, maker=maker
        )
        if change.realized:
            shelf.earn(
                account, symbol, "REALIZED_PNL", change.realized, MARGIN_ASSET, at, trade.id
            )
        if fee:
            shelf.earn(account, symbol, "COMMISSION", -fee, asset, at, trade.id)
            position.carried -= fee if asset == MARGIN_ASSET else ZERO
        return trade

    def _fee(self, account: FuturesAccount, usdt: Decimal) -> tuple[Decimal, str]:
        """Commission and its asset: BNB at a discount while the burn is on and BNB suffices."""
        if account.bnb_burn and "BNBUSDT" in self._floor.contracts:
            fee = margin.exact(usdt * _BNB_DISCOUNT / self._floor.mark("BNBUSDT"))
            if account.wallet.get("BNB", ZERO) >= fee:
                return fee, "BNB"
        return margin.exact(usdt), MARGIN_ASSET

    def _finish_algo(self, order: Order, at: int) -> None:
        if order.algo is not None:
            order.algo.status, order.algo.updated_at = "FINISHED", at
            self._floor.events.algo(order.algo)


def facts(found: Order | AlgoOrder) -> dict[str, str]:
    """What faults know an order by."""
    wish = found.wish
    return {
        "symbol": wish.symbol, "type": wish.kind, "side": wish.side.value,
        "clientOrderId": found.client_id, "market": "futures",
    }  # fmt: skip


def end_algo(floor: Floor, algo: AlgoOrder, status: str, at: int, *, reason: str = "") -> None:
    """End a conditional order that has become no regular one."""
    if algo.waiting:
        floor.shelf.retire_algo(algo)
    algo.status, algo.updated_at, algo.reason = status, at, reason
    floor.events.algo(algo)
