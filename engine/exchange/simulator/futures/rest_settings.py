"""Futures endpoints that change how an account trades: leverage, margin, modes, listen keys."""

from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused, missing
from engine.exchange.simulator.futures.asking import (
    account_of,
    book_of,
    contract_of,
    keyed,
    signed,
    switch,
)
from engine.exchange.simulator.futures.errors import SUCCESS
from engine.exchange.simulator.futures.margin import initial
from engine.exchange.simulator.futures.model import ZERO

_TYPES = {"ISOLATED": True, "CROSSED": False}


def leverage(call: Call) -> dict[str, Any]:
    """``POST leverage`` of a symbol."""
    mine, contract, book = account_of(call), contract_of(call), book_of(call)
    wanted = call.params.integer("leverage")
    if wanted is None:
        raise missing("leverage")
    if not 1 <= wanted <= contract.top_leverage:
        raise Refused(-4028, f"Leverage {wanted} is not valid")
    setting, held = mine.setting(contract.name), mine.held(contract.name)
    mark, old = book.floor.mark(contract.name), setting.leverage
    if setting.isolated and held and wanted < old:
        raise Refused(
            -4161,
            "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
        )
    bound = sum(initial(mine, contract.name, mark, book.floor.shelf.live(mine)), ZERO)
    available = book.floor.figures(mine).available
    if bound * old > contract.cap(wanted):
        raise Refused(-2027, "Exceeded the maximum allowable position at current leverage.")
    if bound * old / wanted - bound > available:
        raise Refused(-2028, "Leverage is smaller than permitted: insufficient margin balance.")
    setting.leverage = wanted
    book.floor.events.leverage(mine, contract.name)
    return {"leverage": wanted, "maxNotionalValue": fixed(contract.cap(wanted)),
            "symbol": contract.name}  # fmt: skip


def margin_type(call: Call) -> dict[str, Any]:
    """``POST marginType`` of a symbol."""
    mine, contract, shelf = account_of(call), contract_of(call), book_of(call).floor.shelf
    isolated = call.params.choice("marginType", _TYPES, Refused(-4142, "Invalid marginType."))
    setting = mine.setting(contract.name)
    if setting.isolated is isolated:
        raise Refused(-4046, "No need to change margin type.")
    if shelf.live(mine, contract.name) or shelf.waiting(mine, contract.name):
        raise Refused(-4047, "Margin type cannot be changed if there exists open orders.")
    if mine.held(contract.name):
        raise Refused(-4048, "Margin type cannot be changed if there exists position.")
    if isolated and mine.multi_assets:
        raise Refused(
            -4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode."
        )
    setting.isolated = isolated
    return SUCCESS


def set_mode(call: Call) -> dict[str, Any]:
    """``POST positionSide/dual``: hedge mode or one-way mode."""
    mine, shelf = account_of(call), book_of(call).floor.shelf
    hedge = switch(call, "dualSidePosition")
    if mine.hedge is hedge:
        raise Refused(-4059, "No need to change position side.")
    if shelf.live(mine) or shelf.waiting(mine):
        raise Refused(-4067, "Position side cannot be changed if there exists open orders.")
    if mine.held():
        raise Refused(-4068, "Position side cannot be changed if there exists position.")
    mine.hedge = hedge
    return SUCCESS


def mode(call: Call) -> dict[str, Any]:
    """``GET positionSide/dual``."""
    return {"dualSidePosition": account_of(call).hedge}


def set_multi_assets(call: Call) -> dict[str, Any]:
    """``POST multiAssetsMargin``."""
    mine = account_of(call)
    wanted = switch(call, "multiAssetsMargin")
    if mine.multi_assets is wanted:
        raise Refused(-4171, "No need to change Multi-Assets Margin mode.")
    if wanted and any(setting.isolated for setting in mine.settings.values()):
        raise Refused(
            -4167,
            "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under "
            "isolated-margin mode.",
        )
    mine.multi_assets = wanted
    book_of(call).floor.events.mode(mine)
    return SUCCESS


def multi_assets(call: Call) -> dict[str, Any]:
    """``GET multiAssetsMargin``."""
    return {"multiAssetsMargin": account_of(call).multi_assets}


def set_fee_burn(call: Call) -> dict[str, Any]:
    """``POST feeBurn``: whether commission is paid in BNB."""
    account_of(call).bnb_burn = switch(call, "feeBurn")
    return SUCCESS


def fee_burn(call: Call) -> dict[str, Any]:
    """``GET feeBurn``."""
    return {"feeBurn": account_of(call).bnb_burn}


def open_key(call: Call) -> dict[str, Any]:
    """``POST listenKey``."""
    return {"listenKey": call.world.futures.users.open(account_of(call))}


def extend_key(call: Call) -> dict[str, Any]:
    """``PUT listenKey``."""
    return {"listenKey": call.world.futures.users.extend(account_of(call))}


def close_key(call: Call) -> dict[str, Any]:
    """``DELETE listenKey``."""
    call.world.futures.users.close(account_of(call).key)
    return {}


ROUTES = {
    ("POST", "/fapi/v1/leverage"): signed(leverage),
    ("POST", "/fapi/v1/marginType"): signed(margin_type),
    ("POST", "/fapi/v1/positionSide/dual"): signed(set_mode),
    ("GET", "/fapi/v1/positionSide/dual"): signed(mode, 30),
    ("POST", "/fapi/v1/multiAssetsMargin"): signed(set_multi_assets),
    ("GET", "/fapi/v1/multiAssetsMargin"): signed(multi_assets, 30),
    ("POST", "/fapi/v1/feeBurn"): signed(set_fee_burn),
    ("GET", "/fapi/v1/feeBurn"): signed(fee_burn, 30),
    ("POST", "/fapi/v1/listenKey"): keyed(open_key),
    ("PUT", "/fapi/v1/listenKey"): keyed(extend_key),
    ("DELETE", "/fapi/v1/listenKey"): keyed(close_key),
}
