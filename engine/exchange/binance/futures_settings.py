"""How an account trades a futures symbol: one-way, isolated, at the bot's leverage.

All three are looked at before an entry and only mended where they differ: a user may change them
by hand at any time, and not every change is told in an event.
"""

import asyncio

from engine.core.errors import NotSent, Refused, Unavailable
from engine.exchange.binance import futures_parse
from engine.exchange.binance.ask import Priority
from engine.exchange.binance.desk import Desk, Method, Params
from engine.exchange.binance.errors import translated
from engine.exchange.binance.futures_parse import AccountModes, SymbolSetting

REMEMBERED = 60.0
"""Real seconds for which what was seen is believed, unless an event says otherwise."""
_NO_CHANGE = frozenset({-4046, -4059})
_MULTI_ASSETS = -4168
_WRONG_MODE = frozenset({-4060, -4061})
_HEDGE = (
    "the account is in hedge mode and cannot leave it now: close its positions and orders, "
    "or switch to one-way mode on the exchange"
)
_MULTI = "the account is in multi-assets mode: switch to single-asset mode on the exchange"
_CROSSED = (
    "{symbol} uses cross margin and cannot change now: close its position and orders, "
    "or switch it to isolated margin on the exchange"
)


class Settings:
    """Prepares symbols of one account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = asyncio.Lock()
        self._mode_until = 0.0
        self._symbols: dict[str, tuple[int, float]] = {}
        self._changes = 0

    async def prepare(self, symbol: str, leverage: int) -> None:
        """Make sure of all three; raises what sending calls raise."""
        try:
            async with self._lock:
                await self._prepare(symbol, leverage)
        except Unavailable as error:
            raise NotSent(error.detail, code=error.code, retry_after=error.retry_after) from error

    def forget(self) -> None:
        """Look at everything again before the next entry."""
        self._changes += 1
        self._mode_until = 0.0
        self._symbols.clear()

    def hear_leverage(self, symbol: str, leverage: int) -> None:
        """A symbol's leverage was changed, by us or by hand."""
        if self._symbols.get(symbol, (0, 0.0))[0] != leverage:
            self._changes += 1
            self._symbols.pop(symbol, None)

    def hear_margin(self, symbol: str, *, isolated: bool) -> None:
        """A symbol's margin type was changed, by us or by hand."""
        if not isolated:
            self._changes += 1
            self._symbols.pop(symbol, None)

    def hear_refusal(self, error: Refused) -> None:
        """An order was refused: perhaps for a mode that was changed behind our back."""
        if error.code in _WRONG_MODE:
            self.forget()

    async def _prepare(self, symbol: str, leverage: int) -> None:
        """Read at once what is not known, mend it, and remember it unless it changed meanwhile."""
        changes = self._changes
        modes, found = await asyncio.gather(self._modes(), self._setting(symbol, leverage))
        if modes is not None:
            await self._one_way(modes)
        if found is not None:
            await self._mend(symbol, leverage, found)
        if changes == self._changes:
            until = _now() + REMEMBERED
            if modes is not None:
                self._mode_until = until
            if found is not None:
                self._symbols[symbol] = leverage, until

    async def _modes(self) -> AccountModes | None:
        """The account's modes; None while they are known to be right."""
        if _now() < self._mode_until:
            return None
        method = self._desk.client.futures_account_config
        answer = await self._desk.read(method, {}, self._desk.ask(Priority.ENTRY, 5))
        with translated(sending=False):
            return futures_parse.modes(answer)

    async def _setting(self, symbol: str, leverage: int) -> SymbolSetting | None:
        """The symbol's settings; None while they are known to be right."""
        known, until = self._symbols.get(symbol, (0, 0.0))
        if known == leverage and _now() < until:
            return None
        method, ask = self._desk.client.futures_symbol_config, self._desk.ask(Priority.ENTRY, 5)
        answer = await self._desk.read(method, {"symbol": symbol}, ask)
        with translated(sending=False):
            return futures_parse.symbol_setting(answer, symbol)

    async def _one_way(self, modes: AccountModes) -> None:
        if modes.multi_assets:
            raise Refused(_MULTI, code=_MULTI_ASSETS)
        if modes.hedge:
            change = self._desk.client.futures_change_position_mode
            await self._change(change, {"dualSidePosition": "false"}, _HEDGE)

    async def _mend(self, symbol: str, leverage: int, found: SymbolSetting) -> None:
        client = self._desk.client
        if not found.isolated:
            wanted: Params = {"symbol": symbol, "marginType": "ISOLATED"}
            hint = _CROSSED.format(symbol=symbol)
            await self._change(client.futures_change_margin_type, wanted, hint)
        if found.leverage != leverage:
            wanted = {"symbol": symbol, "leverage": leverage}
            await self._change(client.futures_change_leverage, wanted)

    async def _change(self, method: Method, params: Params, hint: str = "") -> None:
        """Change a setting; somebody may have done so meanwhile. ``hint`` replaces a refusal."""
        try:
            await self._desk.send(method, params, self._desk.ask(Priority.ENTRY))
        except Refused as error:
            if error.code not in _NO_CHANGE:
                raise Refused(hint or error.detail, code=error.code) from error


def _now() -> float:
    return asyncio.get_running_loop().time()
