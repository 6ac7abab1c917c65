"""Transfers between the spot balance and the futures wallet (SAPI)."""

from decimal import Decimal
from typing import Any

from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.errors import Refused, bad_key
from engine.exchange.simulator.futures.asking import account_of, book_of
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.model import ZERO
from engine.exchange.simulator.futures.sheets import withdrawable
from engine.exchange.simulator.limits import WALLET

_UNIVERSAL = {"MAIN_UMFUTURE": 1, "UMFUTURE_MAIN": -1}
_LEGACY = {"1": 1, "2": -1}
_NAMES = {1: "MAIN_UMFUTURE", -1: "UMFUTURE_MAIN"}
_NOT_ENOUGH = Refused(-5013, "Asset transfer failed: insufficient balance")


def universal(call: Call) -> dict[str, Any]:
    """``POST asset/transfer``."""
    bad = Refused(-1130, "Data sent for parameter 'type' is not valid.")
    return _move(call, call.params.choice("type", _UNIVERSAL, bad))


def legacy(call: Call) -> dict[str, Any]:
    """``POST futures/transfer``, the deprecated form."""
    bad = Refused(-1130, "Data sent for parameter 'type' is not valid.")
    return _move(call, call.params.choice("type", _LEGACY, bad))


def history(call: Call) -> dict[str, Any]:
    """``GET asset/transfer`` of one type, newest first."""
    bad = Refused(-1130, "Data sent for parameter 'type' is not valid.")
    way, mine = call.params.choice("type", _UNIVERSAL, bad), account_of(call)
    rows = [
        {"asset": e.asset, "amount": str(abs(e.amount)), "type": _NAMES[way],
         "status": "CONFIRMED", "tranId": e.id, "timestamp": e.at}
        for owner, e in book_of(call).floor.shelf.income
        if owner is mine and e.kind == "TRANSFER" and e.amount * way > 0
    ]  # fmt: skip
    return {"total": len(rows), "rows": rows[::-1][: min(call.params.integer("size") or 10, 100)]}


def _move(call: Call, way: int) -> dict[str, Any]:
    """Move money into the futures wallet (+1) or out of it (-1)."""
    if not call.account.can_transfer:
        raise bad_key()
    asset, amount = call.params.text("asset"), call.params.needed("amount")
    mine, book, spot = account_of(call), book_of(call), call.account.balance(asset)
    if way > 0 and spot.free < amount:
        raise _NOT_ENOUGH
    if way < 0 and _free(call, asset) < amount:
        raise _NOT_ENOUGH
    spot.free -= amount * way
    number = book.move_money(mine, asset, amount * way, "DEPOSIT" if way > 0 else "WITHDRAW",
                             call.now)  # fmt: skip
    call.world.events.deposited(call.account, asset, -amount * way)
    return {"tranId": number}


def _free(call: Call, asset: str) -> Decimal:
    mine = account_of(call)
    if asset != MARGIN_ASSET:
        return mine.wallet.get(asset, ZERO)
    return withdrawable(book_of(call).floor.figures(mine))


ROUTES = {
    ("POST", "/sapi/v1/asset/transfer"): Endpoint(universal, 300, signed=True, pools=WALLET),
    ("GET", "/sapi/v1/asset/transfer"): Endpoint(history, 1, signed=True, pools=WALLET),
    ("POST", "/sapi/v1/futures/transfer"): Endpoint(legacy, 1, signed=True, pools=WALLET),
}
