"""The error tree. Each class answers: whose fault, is a retry sane, what does the user read.

SkipperError                 key of a text in the catalogue + its figures
├── InvalidValue             the user's input: field, value, what is allowed
├── NotFound                 no such object for this owner
├── Stale                    the screen was old: nothing was done
├── Conflict                 the object's state or another object forbids it
│   └── LeaseLost            another process took the database over: this one must not trade
├── Forbidden                role, mode or permission forbids it
├── IllegalEvent             a state table has no such entry: a bug or a misbehaving exchange
├── ConfigError              the operator's settings or environment
├── DatabaseFailed           the memory is gone, locked, full, read-only or damaged
├── WorkFailed               what the worker process was asked to do raised
├── WorkerDied               the worker process ended in the middle of a request
├── BadAnswer                what a third party's strategy said makes no sense
└── ExchangeError            an answer of the exchange, or its lack
    ├── NotSent              provably no byte was written: the same request may be sent again
    ├── Refused              provably not executed, final
    │   ├── WouldTrigger     the price is already beyond the level asked for
    │   ├── NoFunds          the account does not hold what the order needs
    │   ├── PriceBand        the exchange takes no such price, or no market order, right now
    │   └── NothingToReduce  an order that may only reduce finds nothing to reduce
    ├── KeyRefused           provably not executed: the account's key, IP or rights
    ├── RateLimited          provably not executed: wait ``retry_after`` real seconds
    ├── Overloaded           provably not executed: back off, then a new attempt
    ├── ClockOff             provably not executed: measure the clock, then a new attempt
    ├── AlreadySent          executed earlier under this id: look it up and adopt
    ├── OrderGone            a cancel or look-up found nothing open: says nothing final
    ├── OutcomeUnknown       may or may not have executed: look it up, never send again
    └── Unavailable          a read failed: try again later, it never means "none"
"""


class SkipperError(Exception):
    """Root of all errors of our own; ``key`` names the text that the user reads."""

    key = "error.internal"

    def __init__(self, detail: str = "", **params: object) -> None:
        super().__init__(detail or self.key)
        self.params: dict[str, object] = params


class InvalidValue(SkipperError):
    """A value outside what is allowed.

    ``problem`` is a text key below ``invalid.`` (``not_a_number``, ``range``, ``choice``,
    ``too_small``, ``empty``, ``too_long``, ``unknown_symbol``, …); ``params`` its figures.
    """

    key = "error.invalid"

    def __init__(self, field: str, value: object, problem: str, **params: object) -> None:
        super().__init__(f"{field}: {value!r} ({problem})", field=field, value=value, **params)
        self.field = field
        self.value = value
        self.problem = problem


class NotFound(SkipperError):
    """No such object, or it belongs to somebody else: both look the same."""

    key = "error.not_found"


class Stale(SkipperError):
    """The object changed since the screen was drawn; nothing was done."""

    key = "error.stale"


class Conflict(SkipperError):
    """The state of the object, or another object, forbids the act; ``reason`` is a text key."""

    key = "error.conflict"

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason, **params)
        self.reason = reason


class LeaseLost(Conflict):
    """Another process started on this database since; nothing was written."""

    key = "error.lease_lost"

    def __init__(self) -> None:
        super().__init__(self.key)


class Forbidden(SkipperError):
    """Role, mode or permission forbids it; ``reason`` is a text key."""

    key = "error.forbidden"

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason, **params)
        self.reason = reason


class IllegalEvent(SkipperError):
    """A state table has no entry for this event; nothing was changed."""

    key = "error.internal"

    def __init__(self, what: str, state: str, event: str) -> None:
        super().__init__(f"{what}: {event} is not possible while {state}")


class ConfigError(SkipperError):
    """Settings, files or environment that only the operator can mend; the text says how."""

    key = "error.config"


class DatabaseFailed(SkipperError):
    """The database could not carry out a statement; what the unit wrote is not durable."""


class WorkFailed(SkipperError):
    """What the worker process was asked to do raised: ``<type>: <message>``."""


class WorkerDied(SkipperError):
    """The worker process ended in the middle of a request; the next one starts it anew."""


class BadAnswer(SkipperError):
    """What a third party's strategy said makes no sense."""


class ExchangeError(SkipperError):
    """An answer of the exchange, or its lack; ``code`` is the exchange's, 0 when it gave none."""

    key = "exchange.error"

    def __init__(self, detail: str = "", *, code: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(detail, code=code, message=detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class NotSent(ExchangeError):
    """Provably no byte was written."""

    key = "exchange.not_sent"


class Refused(ExchangeError):
    """Provably not executed; sending the same again is pointless."""

    key = "exchange.refused"


class WouldTrigger(Refused):
    """The price is already beyond the order's level: it would trigger, or trade, at once."""


class NoFunds(Refused):
    """The account's free balance or margin does not cover the order."""


class PriceBand(Refused):
    """A price too far from the market's, or a book too thin for a market order."""


class NothingToReduce(Refused):
    """A reduce-only order without a position of that direction, or with one closed meanwhile."""


class KeyRefused(ExchangeError):
    """Provably not executed: the key is wrong, revoked, IP-bound elsewhere or lacks a right."""

    key = "exchange.key_refused"


class RateLimited(ExchangeError):
    """Provably not executed: the whole IP, or account, waits ``retry_after`` real seconds."""

    key = "exchange.rate_limited"


class Overloaded(ExchangeError):
    """Provably not executed: the exchange is busy or the symbol has no liquidity now."""

    key = "exchange.overloaded"


class ClockOff(ExchangeError):
    """Provably not executed: our time is outside the exchange's gate."""

    key = "exchange.clock_off"


class AlreadySent(ExchangeError):
    """An order with this id is live already."""

    key = "exchange.already_sent"


class OrderGone(ExchangeError):
    """Nothing open under this id; the order itself must be read to know why."""

    key = "exchange.order_gone"


class OutcomeUnknown(ExchangeError):
    """The request may have been executed."""

    key = "exchange.unknown"


class Unavailable(ExchangeError):
    """A read failed."""

    key = "exchange.unavailable"
