"""Symbols of the local exchange: trading rules and their description in the exchange's words."""

from dataclasses import dataclass, replace
from decimal import Decimal

PRECISION = 8
QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "BTC", "ETH", "BNB")
ORDER_TYPES = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """Trading rules of one symbol; ``anchor`` is the price around which it is generated."""

    base: str
    quote: str
    tick: Decimal
    step: Decimal
    max_price: Decimal
    max_qty: Decimal
    market_max_qty: Decimal
    anchor: Decimal
    min_notional: Decimal = Decimal(5)
    max_notional: Decimal = Decimal(9_000_000)
    percent_up: Decimal = Decimal(5)
    percent_down: Decimal = Decimal("0.2")
    avg_price_mins: int = 5
    max_orders: int = 200
    max_algo_orders: int = 5
    max_lists: int = 20
    status: str = "TRADING"

    @property
    def name(self) -> str:
        """Symbol as the exchange writes it, ``BTCUSDT``."""
        return self.base + self.quote


def _spec(base: str, tick: str, step: str, tops: tuple[int, int, str], anchor: str) -> SymbolSpec:
    max_price, max_qty, market_max = tops
    return SymbolSpec(
        base, "USDT", Decimal(tick), Decimal(step), Decimal(max_price), Decimal(max_qty),
        Decimal(market_max), Decimal(anchor),
    )  # fmt: skip


LISTED = {
    spec.name: spec
    for spec in (
        _spec("BTC", "0.01", "0.00001", (1_000_000, 9_000, "129.84957276"), "68000"),
        _spec("ETH", "0.01", "0.0001", (1_000_000, 9_000, "3346.26645208"), "3200"),
        _spec("SOL", "0.01", "0.001", (10_000, 90_000, "12931.38785416"), "150"),
        _spec("BNB", "0.01", "0.001", (100_000, 900_000, "2405.72504125"), "600"),
        _spec("XRP", "0.0001", "0.1", (10_000, 9_222_449, "624212.04041666"), "2.1"),
        _spec("DOGE", "0.00001", "1", (1_000, 9_000_000, "2661066.99541666"), "0.17"),
    )
}


def listed_or_derived(name: str, decimals: int, price: Decimal) -> SymbolSpec:
    """Rules of ``name`` for prices with ``decimals`` decimals, derived when it is not listed.

    A recorded price is never rounded: the tick becomes finer when the recording needs it.
    """
    tick = Decimal(1).scaleb(-decimals)
    spec = LISTED.get(name)
    if spec is not None:
        return replace(spec, tick=min(spec.tick, tick))
    quote = next((q for q in QUOTES if name.endswith(q) and name != q), "USDT")
    step = Decimal(1).scaleb(-max(0, min(5, PRECISION - decimals)))
    return SymbolSpec(
        name.removesuffix(quote), quote, tick, step, Decimal(1_000_000), Decimal(10) ** 12,
        Decimal(10) ** 11, price,
    )  # fmt: skip


def wire(value: Decimal) -> str:
    """Number as the exchange writes it: eight decimals, no exponent."""
    return f"{value:.8f}"


def _filters(spec: SymbolSpec) -> list[dict[str, object]]:
    multipliers: dict[str, object] = {
        f"{side}Multiplier{way}": f"{bound.normalize():f}"
        for side in ("bid", "ask")
        for way, bound in (("Up", spec.percent_up), ("Down", spec.percent_down))
    }
    delta: dict[str, object] = {f"{end}Trailing{side}Delta": bips for side in ("Above", "Below")
             for end, bips in (("min", 10), ("max", 2000))}  # fmt: skip
    return [
        {"filterType": "PRICE_FILTER", "minPrice": wire(spec.tick),
         "maxPrice": wire(spec.max_price), "tickSize": wire(spec.tick)},
        {"filterType": "LOT_SIZE", "minQty": wire(spec.step), "maxQty": wire(spec.max_qty),
         "stepSize": wire(spec.step)},
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {"filterType": "MARKET_LOT_SIZE", "minQty": wire(Decimal(0)),
         "maxQty": wire(spec.market_max_qty), "stepSize": wire(Decimal(0))},
        {"filterType": "TRAILING_DELTA"} | delta,
        {"filterType": "PERCENT_PRICE_BY_SIDE", "avgPriceMins": spec.avg_price_mins} | multipliers,
        {"filterType": "NOTIONAL", "minNotional": wire(spec.min_notional),
         "applyMinToMarket": True, "maxNotional": wire(spec.max_notional),
         "applyMaxToMarket": False, "avgPriceMins": spec.avg_price_mins},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": spec.max_orders},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": spec.max_lists},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": spec.max_algo_orders},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]  # fmt: skip


def describe(spec: SymbolSpec) -> dict[str, object]:
    """Entry of one symbol in ``exchangeInfo``."""
    modes = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"]
    return {
        "symbol": spec.name,
        "status": spec.status,
        "baseAsset": spec.base,
        "baseAssetPrecision": PRECISION,
        "quoteAsset": spec.quote,
        "quotePrecision": PRECISION,
        "quoteAssetPrecision": PRECISION,
        "baseCommissionPrecision": PRECISION,
        "quoteCommissionPrecision": PRECISION,
        "orderTypes": list(ORDER_TYPES),
        "icebergAllowed": False,
        "ocoAllowed": True,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(spec),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": modes,
    }
