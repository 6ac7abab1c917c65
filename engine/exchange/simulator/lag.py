"""A slow read store: what was accepted a moment ago is not yet found by those who ask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any

from engine.exchange.simulator.errors import no_such_order, unknown_order
from engine.exchange.simulator.faults import Fault, Faults, Occasion

_OWN = ("orderId", "orderListId", "algoId")
_ASKED = {
    "orderId": "orderId", "origClientOrderId": "clientOrderId", "orderListId": "orderListId",
    "listClientOrderId": "listClientOrderId", "algoId": "algoId", "clientAlgoId": "clientAlgoId",
}  # fmt: skip
_NONE = "-1"


@dataclass(frozen=True, slots=True)
class _Hidden:
    rule: Fault
    family: str
    key: str
    names: frozenset[tuple[str, str, str]]
    until_ns: int


class Lag:
    """Hides new orders, lists, algo orders and their trades for as long as ``stale`` rules say.

    The method and path of a rule are those of the questions that do not find the order: GET
    answers -2013 or leaves it out, DELETE answers -2011. The order itself is in the book.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._hidden: list[_Hidden] = []

    def clear(self) -> None:
        """Show everything again."""
        self._hidden.clear()

    def refuse(self, occasion: Occasion) -> None:
        """Hold a cancel against what is hidden.

        Raises:
            Refused: -2011 for an order that is not found yet.
        """
        if not _cancels(occasion):
            return
        asked = {(own, str(occasion.facts[n])) for n, own in _ASKED.items() if n in occasion.facts}
        symbol = occasion.facts.get("symbol")
        for hidden in self._for(occasion):
            for of, *name in hidden.names:
                if tuple(name) in asked and symbol in {None, of}:
                    raise unknown_order()

    def passed(self, occasion: Occasion, result: Any) -> Any:
        """What is told of a result; remembers what was placed.

        Raises:
            Refused: -2013 for an order that is not found yet.
        """
        if _places(occasion):
            self._remember(occasion, result)
        if occasion.method not in {"GET", "WS"} or _places(occasion) or _cancels(occasion):
            return result
        hidden = list(self._for(occasion))
        if not hidden:
            return result
        if isinstance(result, list):
            return [each for each in result if not _is_hidden(each, hidden)]
        if _is_hidden(result, hidden):
            raise no_such_order()
        return result

    def _remember(self, occasion: Occasion, result: Any) -> None:
        for rule in list(self._faults.rules):
            here = not rule.path or _family(rule.path) == _family(occasion.path)
            if rule.what == "stale" and here and rule.concerns(occasion):
                self._faults.use(rule)
                until = monotonic_ns() + int(self._faults.seconds(rule) * 1e9)
                names = frozenset(_names(result))
                hidden = _Hidden(rule, _family(occasion.path), occasion.key, names, until)
                self._hidden.append(hidden)

    def _for(self, occasion: Occasion) -> Iterator[_Hidden]:
        now = monotonic_ns()
        self._hidden = [each for each in self._hidden if each.until_ns > now]
        for each in self._hidden:
            same = (each.key, each.family) == (occasion.key, _family(occasion.path))
            if same and each.rule.comes_by(occasion):
                yield each


def _places(occasion: Occasion) -> bool:
    """Whether a request places orders; a test of one does not."""
    if occasion.method == "WS":
        return ".place" in occasion.path
    name = occasion.path.rpartition("/v")[2]
    return occasion.method == "POST" and "rder" in name and not name.endswith("/test")


def _cancels(occasion: Occasion) -> bool:
    return occasion.method == "DELETE" or occasion.path.endswith(".cancel")


def _family(path: str) -> str:
    """``/api/…`` and ``/fapi/…`` are two markets; WebSocket API methods have no such beginning."""
    return path.split("/", 2)[1].removesuffix("*") if path.startswith("/") else "ws"


def _names(result: Any) -> Iterator[tuple[str, str, str]]:
    """Symbol, name and value of every id of an order, list or algo order in an answer."""
    if isinstance(result, list):
        for each in result:
            yield from _names(each)
    elif isinstance(result, Mapping):
        symbol = str(result.get("symbol", ""))
        for name in _ASKED.values():
            if str(result.get(name, _NONE)) != _NONE:
                yield symbol, name, str(result[name])
        for name in ("orders", "orderReports"):
            yield from _names(result.get(name, []))


def _is_hidden(item: Any, hidden: list[_Hidden]) -> bool:
    if not isinstance(item, Mapping):
        return False
    symbol = str(item.get("symbol", ""))
    own = {(symbol, n, str(item[n])) for n in _OWN if str(item.get(n, _NONE)) != _NONE}
    return any(own & each.names for each in hidden)
