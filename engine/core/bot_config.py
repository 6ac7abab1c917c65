"""BotConfig: the one validated object that says what a bot does."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.core.hours import TradingHours
from engine.core.market import Market, StreamKey, Timeframe
from engine.core.money import HUNDRED

MAX_NAME = 32
MAX_LEVERAGE = 50
"""The cap, whatever is asked for."""
Percent = Annotated[Decimal, Field(gt=0, le=100)]
Money = Annotated[Decimal, Field(gt=0, le=Decimal(1_000_000_000))]
Minutes = Annotated[int, Field(ge=1, le=43_200)]


class Environment(StrEnum):
    """Whose prices and books: the local servers, the exchange's test network, or the real one."""

    LOCAL = "local"
    TESTNET = "testnet"
    LIVE = "live"


class Mode(StrEnum):
    """How a bot trades: on paper, or with a key on one of the environments."""

    PAPER = "paper"
    LOCAL = "local"
    TESTNET = "testnet"
    LIVE = "live"

    @property
    def keyed(self) -> bool:
        """Whether orders go to an exchange account."""
        return self is not Mode.PAPER


class Direction(StrEnum):
    """Which way a bot may enter; spot bots only go long."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"


class Sizing(StrEnum):
    """How much an entry buys."""

    FIXED = "fixed"
    PERCENT = "percent"
    RISK = "risk"


def _capped(leverage: object) -> object:
    if isinstance(leverage, int) and leverage > MAX_LEVERAGE:
        return MAX_LEVERAGE
    return leverage


class BotConfig(BaseModel):
    """Settings of one bot. Percentages in hundredths, money in the symbol's quote asset.

    ``size`` is quote money for FIXED, percent of ``initial_capital`` for PERCENT, and for RISK
    the percent of the balance that the stop may cost; ``max_position`` caps what follows in
    percent of the free balance (of the capital on paper). On futures it is the stake: the margin,
    of which ``leverage`` times as much is traded. ``trailing_stop`` follows the best price at that
    distance, once ``trailing_activation`` percent of profit were seen. ``trading_hours`` bind
    entries alone; ``cooldown_minutes`` is the pause after a loss. ``auto_transfer`` lets a futures
    bot move up to ``transfer_amount`` that its stake lacks from the spot wallet. None is off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    market: Market = Market.SPOT
    symbol: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,20}$")]
    timeframe: Timeframe = Timeframe.M1
    strategy: str = "ema_rsi"
    params: dict[str, int | float | str | bool] = {}
    initial_capital: Money = Decimal(1000)
    sizing: Sizing = Sizing.FIXED
    size: Money = Decimal(25)
    max_position: Percent = Decimal(10)
    stop_loss: Annotated[Decimal, Field(ge=Decimal("0.1"), le=50)] = Decimal(1)
    take_profit: Annotated[Decimal, Field(ge=Decimal("0.1"), le=500)] = Decimal(2)
    trailing_stop: Annotated[Decimal, Field(ge=Decimal("0.1"), le=50)] | None = None
    trailing_activation: Annotated[Decimal, Field(ge=Decimal("0.1"), le=500)] | None = None
    leverage: Annotated[int, BeforeValidator(_capped), Field(ge=1, le=MAX_LEVERAGE)] = 1
    direction: Direction = Direction.LONG
    max_daily_trades: Annotated[int, Field(ge=1, le=1000)] | None = 10
    max_daily_loss: Money | None = None
    daily_target: Money | None = None
    max_holding_minutes: Minutes | None = None
    cooldown_minutes: Minutes | None = None
    trading_hours: TradingHours | None = None
    auto_transfer: bool = False
    transfer_amount: Money | None = None
    mode: Mode = Mode.PAPER
    key_id: int | None = None

    @model_validator(mode="after")
    def _spot_is_plain(self) -> "BotConfig":
        if self.market is Market.SPOT and (
            self.leverage != 1 or self.direction is not Direction.LONG
        ):
            raise ValueError("spot bots have no leverage and only go long")
        if self.auto_transfer and (self.market is Market.SPOT or self.transfer_amount is None):
            raise ValueError("only futures bots are sent money, up to a transfer_amount")
        return self

    @model_validator(mode="after")
    def _shares_are_percent(self) -> "BotConfig":
        if self.sizing is not Sizing.FIXED and self.size > HUNDRED:
            raise ValueError("a size in percent is at most 100")
        return self

    @property
    def stream(self) -> StreamKey:
        """The candle stream it listens to."""
        return StreamKey(self.market, self.symbol, self.timeframe)


def account_of(config: BotConfig, bot_id: int) -> str:
    """Name of the books its orders are in.

    ``paper:<bot id>``, ``key:<key id>`` (spot) or ``futures:<key id>``: the exchange keeps the two
    markets of a key apart, and so do we.
    """
    if not config.mode.keyed:
        return f"paper:{bot_id}"
    return f"{'futures' if config.market is Market.FUTURES else 'key'}:{config.key_id}"


def environment_of(mode: Mode, public: Environment) -> Environment:
    """Environment whose prices a bot follows; paper follows the installation's public one."""
    return Environment(mode.value) if mode.keyed else public
