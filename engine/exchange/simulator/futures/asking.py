"""What futures endpoints share: account and contract of a request, kinds of endpoint."""

from collections.abc import Callable
from typing import Any

from engine.exchange.simulator.call import Call, Endpoint, Handler, Weigher
from engine.exchange.simulator.errors import Refused, bad_symbol
from engine.exchange.simulator.futures.book import FuturesBook
from engine.exchange.simulator.futures.contracts import Contract
from engine.exchange.simulator.futures.model import FuturesAccount
from engine.exchange.simulator.limits import FUTURES
from engine.exchange.simulator.params import Params

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


def book_of(call: Call) -> FuturesBook:
    """The futures market."""
    return call.world.futures.book


def account_of(call: Call) -> FuturesAccount:
    """Futures side of the account that asks."""
    return book_of(call).account(call.account)


def contract_of(call: Call) -> Contract:
    """Mandatory listed contract."""
    contract = book_of(call).floor.contracts.get(call.params.text("symbol"))
    if contract is None:
        raise bad_symbol()
    return contract


def symbol_of(call: Call) -> str | None:
    """Optional listed contract's symbol."""
    return contract_of(call).name if "symbol" in call.params else None


def each(call: Call, describe: Callable[[Contract], dict[str, Any]]) -> Any:
    """One description for the symbol asked for, or a list of all."""
    if "symbol" in call.params:
        return describe(contract_of(call))
    return [describe(contract) for contract in book_of(call).floor.contracts.values()]


def listed(call: Call, describe: Callable[[Contract], Any]) -> list[Any]:
    """Descriptions as a list, of the symbol asked for or of all."""
    found = each(call, describe)
    return found if isinstance(found, list) else [found]


def span(call: Call, most: int = WEEK_MS) -> tuple[int, int]:
    """startTime and endTime, at most ``most`` ms apart; the last seven days when absent."""
    start, end = call.params.integer("startTime"), call.params.integer("endTime")
    if start is not None and end is not None and start > end:
        raise Refused(-1023, "Start time is greater than end time.")
    if start is not None and end is not None and end - start > most:
        raise Refused(-4165, "Invalid time interval.")
    if start is None:
        start = (end or call.now) - most
    return start, min(end if end is not None else start + most, call.now)


def switch(call: Call, name: str) -> bool:
    """A mandatory boolean."""
    call.params.text(name)
    return call.params.flag(name)


def one_or_all(one: int, many: int) -> Callable[[Params], int]:
    """Weight with and without a symbol."""
    return lambda params: one if "symbol" in params else many


def public(handler: Handler, weight: int | Weigher = 1) -> Endpoint:
    """Endpoint for everybody."""
    return Endpoint(handler, weight, pools=FUTURES)


def keyed(handler: Handler) -> Endpoint:
    """Endpoint for holders of a key with the futures right."""
    return Endpoint(handler, 1, keyed=True, right="can_futures", pools=FUTURES)


def signed(handler: Handler, weight: int | Weigher = 1, *, orders: int = 0) -> Endpoint:
    """Signed endpoint; ``orders`` count against the account's order limits."""
    return Endpoint(
        handler, weight, signed=True, right="can_futures", orders=orders, pools=FUTURES
    )
