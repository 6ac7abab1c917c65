"""Perpetual contracts of the local exchange: trading rules, leverage brackets, exchangeInfo."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator.limits import FUTURES
from engine.exchange.simulator.symbols import SymbolSpec

MARGIN_ASSET = "USDT"
REGULAR_TYPES = ("LIMIT", "MARKET")
CONDITIONAL_TYPES = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                     "TRAILING_STOP_MARKET")  # fmt: skip
FORCES = ("GTC", "IOC", "FOK", "GTX", "GTD")
_LISTED_AT = 1_569_398_400_000
_NEVER = 4_133_404_800_000
_STEPS = {"BTCUSDT": "0.001", "ETHUSDT": "0.001", "BNBUSDT": "0.01", "SOLUSDT": "0.01"}
_NOTIONALS = {"BTCUSDT": 100, "ETHUSDT": 20}


@dataclass(frozen=True, slots=True)
class Bracket:
    """Leverage step: up to ``cap`` of notional in USDT at most ``leverage``.

    Maintenance margin is notional × ``rate`` − ``cum``.
    """

    number: int
    leverage: int
    floor: Decimal
    cap: Decimal
    rate: Decimal
    cum: Decimal


def _brackets(*steps: tuple[int, int, str]) -> tuple[Bracket, ...]:
    """Steps of (leverage, notional cap, maintenance rate); ``cum`` keeps the margin continuous."""
    found: list[Bracket] = []
    floor = cum = last_rate = Decimal(0)
    for number, (leverage, top, text) in enumerate(steps, start=1):
        rate = Decimal(text)
        cum += floor * (rate - last_rate)
        found.append(Bracket(number, leverage, floor, Decimal(top), rate, cum))
        floor, last_rate = Decimal(top), rate
    return tuple(found)


_MAJOR = _brackets(
    (125, 50_000, "0.004"), (100, 500_000, "0.005"), (75, 5_000_000, "0.0065"),
    (50, 20_000_000, "0.01"), (20, 60_000_000, "0.025"), (10, 150_000_000, "0.05"),
    (5, 300_000_000, "0.1"), (2, 1_000_000_000, "0.25"), (1, 3_000_000_000, "0.5"),
)  # fmt: skip
_MINOR = _brackets(
    (75, 5_000, "0.01"), (50, 25_000, "0.015"), (25, 100_000, "0.02"), (20, 400_000, "0.025"),
    (10, 1_000_000, "0.05"), (5, 2_000_000, "0.1"), (2, 6_000_000, "0.25"),
    (1, 12_000_000, "0.5"),
)  # fmt: skip
_MAJORS = frozenset({"BTCUSDT", "ETHUSDT"})


@dataclass(frozen=True, slots=True)
class Contract:
    """Trading rules of one perpetual; prices in USDT, quantities in base."""

    base: str
    quote: str
    tick: Decimal
    step: Decimal
    max_price: Decimal
    max_qty: Decimal
    market_max_qty: Decimal
    min_notional: Decimal
    brackets: tuple[Bracket, ...]
    multiplier_up: Decimal = Decimal("1.05")
    multiplier_down: Decimal = Decimal("0.95")
    max_orders: int = 200
    liquidation_fee: Decimal = Decimal("0.0125")
    market_take_bound: Decimal = Decimal("0.05")
    trigger_protect: Decimal = Decimal("0.05")
    status: str = "TRADING"

    @property
    def name(self) -> str:
        """Symbol, ``BTCUSDT``."""
        return self.base + self.quote

    def bracket(self, notional: Decimal) -> Bracket:
        """Step that a notional in USDT falls into, the last one beyond all caps."""
        return next((b for b in self.brackets if notional <= b.cap), self.brackets[-1])

    def cap(self, leverage: int) -> Decimal:
        """Largest notional in USDT that a leverage allows."""
        return max(b.cap for b in self.brackets if b.leverage >= leverage)

    @property
    def top_leverage(self) -> int:
        """Highest leverage."""
        return self.brackets[0].leverage


def perpetual(spec: SymbolSpec) -> Contract:
    """Perpetual on a spot symbol of the same prices; coarser steps where the real one has them."""
    name, band = spec.name, Decimal("0.05") if spec.name in _MAJORS else Decimal("0.15")
    return Contract(
        spec.base, spec.quote,
        tick=spec.tick, step=max(spec.step, Decimal(_STEPS.get(name, spec.step))),
        max_price=spec.max_price, max_qty=spec.max_qty, market_max_qty=spec.market_max_qty,
        min_notional=Decimal(_NOTIONALS.get(name, 5)),
        brackets=_MAJOR if name in _MAJORS else _MINOR,
        multiplier_up=1 + band, multiplier_down=1 - band,
    )  # fmt: skip


def perpetuals(specs: Mapping[str, SymbolSpec]) -> dict[str, Contract]:
    """Contracts on all spot symbols that are quoted in the margin asset."""
    return {n: perpetual(s) for n, s in specs.items() if s.quote == MARGIN_ASSET}


def _places(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _filters(contract: Contract) -> list[dict[str, object]]:
    return [
        {"filterType": "PRICE_FILTER", "minPrice": fixed(contract.tick),
         "maxPrice": fixed(contract.max_price), "tickSize": fixed(contract.tick)},
        {"filterType": "LOT_SIZE", "minQty": fixed(contract.step),
         "maxQty": fixed(contract.max_qty), "stepSize": fixed(contract.step)},
        {"filterType": "MARKET_LOT_SIZE", "minQty": fixed(contract.step),
         "maxQty": fixed(contract.market_max_qty), "stepSize": fixed(contract.step)},
        {"filterType": "MAX_NUM_ORDERS", "limit": contract.max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": fixed(contract.min_notional)},
        {"filterType": "PERCENT_PRICE", "multiplierUp": f"{contract.multiplier_up:.4f}",
         "multiplierDown": f"{contract.multiplier_down:.4f}", "multiplierDecimal": "4"},
        {"filterType": "POSITION_RISK_CONTROL"},
    ]  # fmt: skip


def describe(contract: Contract) -> dict[str, Any]:
    """Entry of one contract in ``exchangeInfo``."""
    first = contract.brackets[0]
    return {
        "symbol": contract.name,
        "pair": contract.name,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER,
        "onboardDate": _LISTED_AT,
        "status": contract.status,
        "maintMarginPercent": f"{first.rate * 100:.4f}",
        "requiredMarginPercent": f"{Decimal(100) / first.leverage:.4f}",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": MARGIN_ASSET,
        "pricePrecision": _places(contract.tick),
        "quantityPrecision": _places(contract.step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": f"{contract.trigger_protect:.4f}",
        "liquidationFee": f"{contract.liquidation_fee:.6f}",
        "marketTakeBound": f"{contract.market_take_bound:.2f}",
        "orderTypes": [*REGULAR_TYPES, *CONDITIONAL_TYPES],
        "timeInForce": list(FORCES),
        "filters": _filters(contract),
    }


def exchange_info(contracts: Mapping[str, Contract], now: int) -> dict[str, Any]:
    """Body of ``GET exchangeInfo``."""
    return {
        "timezone": "UTC",
        "serverTime": now,
        "futuresType": "U_MARGINED",
        "rateLimits": [pool.described() for pool in (FUTURES.weight, *reversed(FUTURES.orders))],
        "exchangeFilters": [],
        "assets": [{"asset": MARGIN_ASSET, "marginAvailable": True, "autoAssetExchange": "-10000"},
                   {"asset": "BNB", "marginAvailable": False, "autoAssetExchange": "-10"}],
        "symbols": [describe(contract) for contract in contracts.values()],
    }  # fmt: skip


def brackets(contract: Contract) -> dict[str, Any]:
    """Entry of one contract in ``leverageBracket``."""
    return {
        "symbol": contract.name,
        "brackets": [
            {"bracket": b.number, "initialLeverage": b.leverage, "notionalCap": int(b.cap),
             "notionalFloor": int(b.floor), "maintMarginRatio": float(b.rate),
             "cum": float(b.cum)}
            for b in contract.brackets
        ],
    }  # fmt: skip
