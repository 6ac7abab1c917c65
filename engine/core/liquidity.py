"""Liquidity floor: which symbols an installation lets its bots enter."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.money import ZERO


@dataclass(frozen=True, slots=True)
class LiquidityFloor:
    """Where entries may go at all: a stolen key is drained through coins that nobody trades.

    ``symbols`` is the allow-list (empty: every symbol); ``min_volume`` the least quote volume that
    a symbol must have traded within 24 hours (0: none is asked for).
    """

    symbols: frozenset[str] = frozenset()
    min_volume: Decimal = ZERO

    def lists(self, symbol: str) -> bool:
        """Whether the allow-list lets the symbol pass."""
        return not self.symbols or symbol in self.symbols

    def deep_enough(self, volume: Decimal | None) -> bool:
        """Whether this 24 h quote volume is enough; what is not known is not."""
        return self.min_volume <= 0 or (volume is not None and volume >= self.min_volume)


NO_FLOOR = LiquidityFloor()
"""Every symbol may be entered."""
