"""What the exchange's error codes mean for a request, per product: one table.

Two questions decide: did the request provably not execute, and is trying again sane? A code that
stands nowhere is plainly a refusal of this one request. The same number may mean different things
on spot and on futures. Sources: Spot API "Error codes", USD-M API "Error Code", Wallet API
"Error Code".
"""

from collections.abc import Mapping
from typing import NamedTuple

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    ExchangeError,
    KeyRefused,
    NoFunds,
    NothingToReduce,
    OrderGone,
    OutcomeUnknown,
    Overloaded,
    PriceBand,
    RateLimited,
    Refused,
    Unavailable,
    WouldTrigger,
)
from engine.exchange.binance.ask import Product

Meaning = type[ExchangeError]


class Codes(NamedTuple):
    """Meanings by code, and by words of the message where a code has several.

    ``failures`` are texts of HTTP 5xx answers that say for certain that nothing was done.
    """

    by_code: Mapping[int, Meaning]
    by_words: Mapping[int, tuple[tuple[str, Meaning], ...]]
    failures: tuple[str, ...] = ()

    def meaning(self, code: int, message: str) -> Meaning:
        """What a refusal with this code and text means."""
        for words, kind in self.by_words.get(code, ()):
            if words in message:
                return kind
        return self.by_code.get(code, Refused)


_COMMON: dict[int, Meaning] = {
    -1000: OutcomeUnknown,
    -1001: OutcomeUnknown,
    -1002: KeyRefused,
    -1003: RateLimited,
    -1006: OutcomeUnknown,
    -1007: OutcomeUnknown,
    -1008: Overloaded,
    -1015: RateLimited,
    -1016: Overloaded,
    -1021: ClockOff,
    -1022: KeyRefused,
    -2008: KeyRefused,
    -2014: KeyRefused,
    -2015: KeyRefused,
}
_ORDERS: dict[int, Meaning] = {-1112: Overloaded, -2013: OrderGone}
_CANCELS = {-2011: (("Unknown order sent", OrderGone),)}

SPOT = Codes(
    _COMMON
    | _ORDERS
    | {
        -1033: Overloaded,
        -1034: Overloaded,
        -1035: Overloaded,
        # The two codes of cancelReplace: one half of it may have been carried out.
        -2021: OutcomeUnknown,
        -2022: OutcomeUnknown,
        -2026: OrderGone,
    },
    _CANCELS
    | {
        -1013: (("PERCENT_PRICE", PriceBand),),
        -2010: (
            ("Duplicate order sent", AlreadySent),
            ("Order would trigger immediately", WouldTrigger),
            ("Order would immediately match and take", WouldTrigger),
            ("The relationship of the prices for the orders is not correct", WouldTrigger),
            ("insufficient balance", NoFunds),
            ("Filter failure: PERCENT_PRICE", PriceBand),
            ("This action is disabled on this account", KeyRefused),
            ("This account may not place or cancel orders", KeyRefused),
            ("trading is not enabled", KeyRefused),
            ("Order book liquidity is less than", Overloaded),
        ),
    },
)

FUTURES = Codes(
    _COMMON
    | _ORDERS
    | {
        -1004: Overloaded,
        -1099: KeyRefused,
        -1109: KeyRefused,
        -1110: KeyRefused,
        -1125: Unavailable,
        -2017: KeyRefused,
        -2018: NoFunds,
        -2019: NoFunds,
        -2021: WouldTrigger,
        -2022: NothingToReduce,
        -2024: NothingToReduce,
        -4016: PriceBand,
        -4024: PriceBand,
        -4109: KeyRefused,
        -4115: AlreadySent,
        -4116: AlreadySent,
        # The stop that this is about is triggering: only a look-up tells what it became.
        -4117: OutcomeUnknown,
        -4118: NothingToReduce,
        -4131: PriceBand,
        # A stop on the whole position needs one.
        -4509: NothingToReduce,
        # A post-only order that would trade at once.
        -5022: WouldTrigger,
        -5028: ClockOff,
    },
    _CANCELS,
    ("Service Unavailable.", "Internal error; unable to process your request"),
)

SAPI = Codes(_COMMON, {})

CODES = {Product.SPOT: SPOT, Product.FUTURES: FUTURES, Product.SAPI: SAPI}
