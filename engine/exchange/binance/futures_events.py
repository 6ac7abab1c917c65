"""Events of a futures account as what the engine hears. Source: USD-M API, "User Data Streams"."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import structlog

from engine.core.money import ZERO
from engine.core.order import Fill, OrderEvent, OrderReport
from engine.exchange.binance import parse
from engine.exchange.binance.fields import Json, field, integer, items, number, text
from engine.exchange.binance.futures_names import OrderNames, ours
from engine.exchange.binance.futures_parse import FINISHED, algo_event, order_id_of
from engine.exchange.binance.futures_settings import Settings
from engine.ports.account import Balance
from engine.ports.trader import AccountEvent, BalanceEvent, ForeignEvent

_COIN_MARGINED = 2
_log = structlog.get_logger("exchange")


class EventReader:
    """Reads one account's events; ``names`` link triggered orders, ``settings`` may go stale."""

    def __init__(self, names: OrderNames, settings: Settings) -> None:
        self._names = names
        self._settings = settings
        self._readers: dict[str, Callable[[Json], list[AccountEvent]]] = {
            "ORDER_TRADE_UPDATE": self._order,
            "ALGO_UPDATE": self._algo,
            "ACCOUNT_UPDATE": self._account,
            "ACCOUNT_CONFIG_UPDATE": self._config,
            "MARGIN_CALL": self._margin_call,
        }

    def read(self, raw: Json) -> list[AccountEvent]:
        """What an event means, in order; raises Unreadable. Kinds that tell nothing new are empty.

        TRADE_LITE is such a kind: the same trade follows in full. Events of coin-margined
        contracts (``st`` 2) may come by the same stream and are nothing to us.
        """
        reader = self._readers.get(text(raw, "e"))
        return [] if reader is None or raw.get("st") == _COIN_MARGINED else reader(raw)

    def _order(self, raw: Json) -> list[AccountEvent]:
        o = field(raw, "o")
        order_id = str(integer(o, "i"))
        client_id = self._names.of(order_id, text(o, "c"))
        if not ours(client_id):
            return [ForeignEvent(text(o, "s"))] if number(o, "l") > 0 else []
        self._names.learn(order_id, client_id)
        filled = number(o, "z")
        return [
            OrderReport(
                client_id, order_id, parse.order_event(o, "X"), filled,
                filled * number(o, "ap"), integer(o, "T"), _executed(o, client_id), _expiry(o),
            )
        ]  # fmt: skip

    def _algo(self, raw: Json) -> list[AccountEvent]:
        o = field(raw, "o")
        client_id, status = text(o, "caid"), text(o, "X")
        became = order_id_of(o.get("ai"))
        if became is not None:
            self._names.learn(became, client_id)
        if not ours(client_id):
            return []
        event, filled, note = OrderEvent.FILL_PART, ZERO, ""
        if status == FINISHED:
            # What it became tells its end; this only makes sure that its trades are read.
            filled = number(o, "aq")
            if not filled:
                return [ForeignEvent(text(o, "s"))]
        else:
            event = algo_event(status)
            note = str(o.get("rm") or "") if event is OrderEvent.REFUSE else ""
        at, algo_id = integer(raw, "T"), str(integer(o, "aid"))
        return [OrderReport(client_id, algo_id, event, filled, ZERO, at, note=note)]

    def _account(self, raw: Json) -> list[AccountEvent]:
        a = field(raw, "a")
        reason, held = text(a, "m"), items(a.get("P", []), "positions")
        if reason == "MARGIN_TYPE_CHANGE":
            for entry in held:
                self._settings.hear_margin(
                    text(entry, "s"), isolated=entry.get("mt") == "isolated"
                )
        found: list[AccountEvent] = []
        if changed := items(a.get("B", []), "balances"):
            found.append(BalanceEvent({text(b, "a"): _balance(b) for b in changed}))
        if reason == "FUNDING_FEE":
            found += [ForeignEvent(text(entry, "s")) for entry in held]
        return found

    def _config(self, raw: Json) -> list[AccountEvent]:
        if leverage := raw.get("ac"):
            self._settings.hear_leverage(text(leverage, "s"), integer(leverage, "l"))
        else:
            self._settings.forget()
        return []

    def _margin_call(self, raw: Json) -> list[AccountEvent]:
        symbols = [text(entry, "s") for entry in items(field(raw, "p"), "positions")]
        _log.warning("the exchange calls for margin", symbols=symbols)
        return []


def _balance(raw: Json) -> Balance:
    """Isolated positions bind their own margin: what crosses is free, as long as nothing else is
    bound. The next reading of the balances tells exactly."""
    free = max(ZERO, number(raw, "cw"))
    return Balance(free, max(ZERO, number(raw, "wb") - free))


def _executed(o: Json, client_id: str) -> tuple[Fill, ...]:
    """The trade that an event tells; a commission of nothing is left out by the exchange."""
    quantity, price = number(o, "l"), number(o, "L")
    if quantity <= 0 or price <= 0 or integer(o, "t") <= 0:
        return ()
    commission = _number_or_none(o.get("n"))
    return (
        Fill(
            str(integer(o, "t")), client_id, price, quantity, commission, str(o.get("N") or ""),
            integer(o, "T"),
        ),
    )  # fmt: skip


def _number_or_none(value: Any) -> Decimal:
    return number({"n": value}, "n") if value is not None else ZERO


def _expiry(o: Json) -> str:
    """Why it expired, in the exchange's number (``er``; 0 is no reason)."""
    reason = str(o.get("er") or "0")
    return "" if reason == "0" else f"er {reason}"
