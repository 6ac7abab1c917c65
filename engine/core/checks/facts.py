"""What the checks look at, and what they answer."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.account_limits import AccountLimits
from engine.core.bot_config import BotConfig
from engine.core.bot_state import BotState
from engine.core.liquidity import NO_FLOOR, LiquidityFloor
from engine.core.market import SymbolRules
from engine.core.money import ZERO
from engine.core.signal import Advice
from engine.core.sizing import stake_of, stop_percent

_NO_LIMITS = AccountLimits()
UNKNOWN = "unknown"
"""What stands as the measured value where nothing could be measured: that refuses too."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """What a bot did on a limit day (YYYY-MM-DD): entries, closed trades, their net result."""

    day: str
    entries: int = 0
    closed: int = 0
    net: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FuturesTerms:
    """What the exchange grants an account on a futures symbol.

    ``maintenance`` is the maintenance margin as a share of the notional, in the bracket of the
    entry; ``max_leverage`` the highest initial leverage of that bracket.
    """

    max_leverage: int
    maintenance: Decimal


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Everything that an entry depends on, as it is at this moment.

    ``now`` is market ms. ``free`` is the account's free quote money (futures: available margin),
    ``capital`` the balance that caps and risk are percentages of. ``holding`` covers open
    positions, entries under way and exits not yet gone. ``price`` is what this entry would get
    now. ``symbol_held`` says by whom the account's futures symbol is held already (empty:
    nobody); ``terms`` are None on spot and while unknown. ``floor`` and ``volume`` (24 h, quote
    asset; None: not known) bound where entries go. ``last_loss_at`` is when the bot's last losing
    trade was closed. ``open_result`` is the result in quote money that the bot's open position
    would have now, 0 without one and None while no price tells.

    ``limits`` are those of the owner over all bots. ``open_positions`` counts the positions and
    entries under way of the owner's bots, ``exposure`` is their value (price times quantity) in
    this quote asset, None while a price is missing; both among bots with real, or with paper,
    money alone; ``drawdown_known``: whether all prices are known that a limit over all bots is
    measured with. ``confidence`` and ``advice`` come with the signal.
    """

    config: BotConfig
    state: BotState
    rules: SymbolRules
    price: Decimal
    free: Decimal
    capital: Decimal
    day: DayCount
    holding: bool
    mode_allowed: bool
    stream_live: bool
    reconciled: bool
    clock_ok: bool
    now: int = 0
    symbol_held: str = ""
    terms: FuturesTerms | None = None
    floor: LiquidityFloor = NO_FLOOR
    volume: Decimal | None = None
    last_loss_at: int | None = None
    open_result: Decimal | None = ZERO
    limits: AccountLimits = _NO_LIMITS
    open_positions: int = 0
    exposure: Decimal | None = ZERO
    drawdown_known: bool = True
    confidence: int = 100
    advice: Advice | None = None

    @property
    def stake(self) -> Decimal:
        """Quote money that the entry would take, its cap applied."""
        return stake_of(self.config, self.capital, self.advice)

    @property
    def value(self) -> Decimal:
        """What it would trade: the stake times the leverage."""
        return self.stake * self.config.leverage

    @property
    def stop_percent(self) -> Decimal:
        """Distance of its stop from the entry, in percent."""
        return stop_percent(self.config, self.advice)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not: the check's name (text key ``check.<name>``), its limit and the measured value.

    A measured value of ``UNKNOWN`` means that the check could not be made, which refuses as well.
    """

    check: str
    limit: str
    measured: str

    @property
    def unknown(self) -> bool:
        """Whether it was refused because nothing could be measured."""
        return self.measured == UNKNOWN
