"""What the exchange does to positions by itself: liquidation, ADL, settlement, funding."""

from decimal import Decimal

from engine.core.market import Side
from engine.core.money import ceil_to_step, floor_to_step
from engine.exchange.simulator.futures import margin
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.fills import DELISTED, LIQUIDATED, Fills, end_algo
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.model import ZERO, FuturesAccount, Position, Wish
from engine.exchange.simulator.orders import Status

FUNDING_MS = 28_800_000
_CALL_AT = Decimal("0.8")


class Risk:
    """Watches margins and carries out what the exchange decides alone."""

    def __init__(self, floor: Floor, fills: Fills) -> None:
        self._floor = floor
        self._fills = fills
        self._called: set[tuple[str, str, str]] = set()

    def check(self, symbol: str, mark: Decimal, at: int, *, jump: bool) -> None:
        """Liquidate whatever a mark price of ``mark`` leaves without its maintenance margin."""
        for account in self._floor.accounts.values():
            for position in account.held(symbol):
                if not position.amount:  # gone with one that shared its margin
                    continue
                now = self._standing(account, position, symbol, mark)
                if now.spent:
                    self._bankrupt(account, position, mark, at, jump=jump)
                else:
                    self._warn(account, position, now)

    def liquidate(
        self, account: FuturesAccount, position: Position, price: Decimal, at: int
    ) -> None:
        """Take a position over: cancel its orders, close it, clear what is left of its margin."""
        isolated = account.setting(position.symbol).isolated
        self._clear_orders(account, position.symbol if isolated else None, at)
        contract, notional = self._floor.contracts[position.symbol], abs(position.amount) * price
        pledged = position.isolated
        before = account.wallet.get(MARGIN_ASSET, ZERO)
        self.close(account, position, price, at, f"autoclose-{at}", execution="CALCULATED")
        wallet = account.wallet.get(MARGIN_ASSET, ZERO)
        alone = isolated or not margin.sharing(account, position)
        left = pledged + wallet - before if isolated else margin.backing(account, position)
        charge = min(left, margin.exact(notional * contract.liquidation_fee))
        if charge > 0 or (charge and alone):
            self._floor.shelf.earn(
                account, position.symbol, "INSURANCE_CLEAR", -charge, MARGIN_ASSET, at
            )
            self._floor.events.money(
                account, "INSURANCE_CLEAR", at, {MARGIN_ASSET: -charge}, [position]
            )

    def close(
        self, account: FuturesAccount, position: Position, price: Decimal, at: int, client_id: str,
        *, quantity: Decimal | None = None, execution: str = "TRADE",
    ) -> None:  # fmt: skip
        """Close a position, or a part, by an order of the exchange's own."""
        side = Side.SELL if position.amount > 0 else Side.BUY
        held = abs(position.amount)
        wish = Wish(
            position.symbol, side, "LIMIT", position.side, min(quantity or held, held), price,
            time_in_force="IOC", client_id=client_id, reduce_only=True,
        )  # fmt: skip
        order = self._floor.shelf.admit(account, wish, at)
        self._floor.events.order(order, "NEW")
        self._fills.fill(order, price, at, maker=False, execution=execution, lots=[wish.quantity])

    def settle(self, symbol: str, price: Decimal, at: int) -> None:
        """Delist a symbol: every order ends, every position is closed at ``price``."""
        for account in self._floor.accounts.values():
            self._clear_orders(account, symbol, at, reason=DELISTED)
            for algo in self._floor.shelf.waiting(account, symbol):
                end_algo(self._floor, algo, "EXPIRED", at)
            for position in account.held(symbol):
                self.close(account, position, price, at, f"settlement_autoclose-{at}")

    def fund(self, symbol: str, rate: Decimal, at: int) -> None:
        """Let longs pay shorts ``rate`` of their notional, or the reverse when it is negative."""
        mark = self._floor.mark(symbol)
        for account in self._floor.accounts.values():
            for position in account.held(symbol):
                amount = margin.exact(-position.amount * mark * rate)
                if not amount:
                    continue
                isolated = account.setting(symbol).isolated
                self._floor.shelf.earn(account, symbol, "FUNDING_FEE", amount, MARGIN_ASSET, at)
                position.carried += amount
                position.isolated += amount if isolated else ZERO
                self._floor.events.money(
                    account, "FUNDING_FEE", at, {MARGIN_ASSET: amount},
                    [position] if isolated else [],
                )  # fmt: skip

    def _bankrupt(
        self, account: FuturesAccount, position: Position, mark: Decimal, at: int, *, jump: bool
    ) -> None:
        """Liquidate a group of positions, the largest first, until the rest is safe."""
        symbol = position.symbol
        shared = margin.sharing(account, position)
        while group := [p for p in shared if p.amount]:
            # The closing fee of one may cost the others their margin: they are looked at again.
            if not self._standing(account, group[0], symbol, mark).spent:
                return
            worst = max(group, key=lambda p: abs(p.cost))
            here = worst.symbol == symbol
            price = mark if here else self._floor.mark(worst.symbol)
            if here and not jump:
                price = self._takeover(account, worst, price)
            self.liquidate(account, worst, price, at)

    def _takeover(self, account: FuturesAccount, position: Position, mark: Decimal) -> Decimal:
        """Price at which a continuous move to ``mark`` spent the margin, in ticks."""
        price = margin.liquidation_price(
            account, self._floor.contracts, self._floor.mark, position
        )
        tick = self._floor.contracts[position.symbol].tick
        if position.amount > 0:
            return max(floor_to_step(price, tick), mark)
        return min(ceil_to_step(price, tick), mark) if price else mark

    def _standing(
        self, account: FuturesAccount, position: Position, symbol: str, mark: Decimal
    ) -> margin.Standing:
        """How a position stands while the mark price of ``symbol`` is moving to ``mark``."""

        def price_of(name: str) -> Decimal:
            return mark if name == symbol else self._floor.mark(name)

        return margin.standing(account, self._floor.contracts, price_of, position)

    def _warn(self, account: FuturesAccount, position: Position, now: margin.Standing) -> None:
        """Send MARGIN_CALL when the margin ratio passes 80 %, again only once it has recovered."""
        name = (account.key, position.symbol, position.side)
        if now.needed < now.worth * _CALL_AT:
            self._called.discard(name)
        elif name not in self._called:
            self._called.add(name)
            self._floor.events.margin_call(account, position, now.needed)

    def _clear_orders(
        self, account: FuturesAccount, symbol: str | None, at: int, reason: str = LIQUIDATED
    ) -> None:
        for order in self._floor.shelf.live(account, symbol):
            self._fills.end(order, Status.EXPIRED, at, reason=reason)
