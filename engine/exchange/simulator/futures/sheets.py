"""Balances and positions of a futures account in the API's JSON, version by version."""

from decimal import Decimal
from typing import Any

from engine.core.market import Side
from engine.core.money import fixed
from engine.exchange.simulator.futures import margin, wire
from engine.exchange.simulator.futures.contracts import MARGIN_ASSET
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.model import ZERO, FuturesAccount, Position
from engine.exchange.simulator.symbols import wire as money

_ALIAS = "SgsR"


def balances(floor: Floor, account: FuturesAccount) -> list[dict[str, Any]]:
    """Rows of ``balance``, one per asset."""
    figures = floor.figures(account)
    rows = []
    for asset in _assets(account):
        mine = asset == MARGIN_ASSET
        wallet = account.wallet.get(asset, ZERO)
        rows.append({
            "accountAlias": _ALIAS, "asset": asset, "balance": money(wallet),
            "crossWalletBalance": money(figures.cross_wallet if mine else wallet),
            "crossUnPnl": money(figures.cross_pnl if mine else ZERO),
            "availableBalance": money(figures.available if mine else wallet),
            "maxWithdrawAmount": money(withdrawable(figures) if mine else wallet),
            "marginAvailable": mine, "updateTime": account.updated_at,
        })  # fmt: skip
    return rows


def account(floor: Floor, account: FuturesAccount) -> dict[str, Any]:
    """Body of ``v3/account``: figures, assets, and symbols with a position or orders."""
    f = floor.figures(account)
    initial = f.position_initial + f.order_initial
    return {
        "totalInitialMargin": money(initial),
        "totalMaintMargin": money(f.maintenance),
        "totalWalletBalance": money(f.wallet),
        "totalUnrealizedProfit": money(f.pnl),
        "totalMarginBalance": money(f.wallet + f.pnl),
        "totalPositionInitialMargin": money(f.position_initial),
        "totalOpenOrderInitialMargin": money(f.order_initial),
        "totalCrossWalletBalance": money(f.cross_wallet),
        "totalCrossUnPnl": money(f.cross_pnl),
        "availableBalance": money(f.available),
        "maxWithdrawAmount": money(withdrawable(f)),
        "assets": [_asset(account, asset, f) for asset in _assets(account)],
        "positions": [
            {name: row[name] for name in _V3_POSITION}
            for row in (_sheet(floor, account, p) for p in touched(floor, account))
        ],
    }


def account_v2(floor: Floor, mine: FuturesAccount) -> dict[str, Any]:
    """Body of ``v2/account``: with every symbol, its leverage and margin type."""
    rows = []
    for position in every(floor, mine):
        sheet, setting = _sheet(floor, mine, position), mine.setting(position.symbol)
        cap = floor.contracts[position.symbol].cap(setting.leverage)
        rows.append({name: sheet[name] for name in _V2_POSITION} | {
            "leverage": str(setting.leverage), "isolated": setting.isolated,
            "maxNotional": fixed(cap),
        })  # fmt: skip
    sheet = account(floor, mine)
    assets = [a | {"marginAvailable": a["asset"] == MARGIN_ASSET} for a in sheet["assets"]]
    return config(mine) | sheet | {"assets": assets, "positions": rows}


def config(account: FuturesAccount) -> dict[str, Any]:
    """Body of ``accountConfig``."""
    return {
        "feeTier": 0,
        "feeBurn": account.bnb_burn,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": account.hedge,
        "updateTime": 0,
        "multiAssetsMargin": account.multi_assets,
        "tradeGroupId": -1,
    }


def risk(floor: Floor, account: FuturesAccount, position: Position) -> dict[str, Any]:
    """Row of ``v3/positionRisk``."""
    sheet = _sheet(floor, account, position)
    return {name: sheet[name] for name in _V3_RISK}


def risk_v2(floor: Floor, account: FuturesAccount, position: Position) -> dict[str, Any]:
    """Row of ``v2/positionRisk``, with leverage and margin type."""
    sheet, setting = _sheet(floor, account, position), account.setting(position.symbol)
    return {name: sheet[name] for name in _V2_RISK} | {
        "leverage": str(setting.leverage),
        "maxNotionalValue": fixed(floor.contracts[position.symbol].cap(setting.leverage)),
        "marginType": "isolated" if setting.isolated else "cross",
        "isAutoAddMargin": "false",
    }


def touched(
    floor: Floor, account: FuturesAccount, symbol: str | None = None
) -> list[Position]:  # fmt: skip
    """Positions that are open or have open orders."""
    named = {(o.wish.symbol, o.wish.position_side) for o in floor.shelf.live(account, symbol)}
    named |= {(p.symbol, p.side) for p in account.held(symbol)}
    return [account.position(*name) for name in sorted(named)]


def every(
    floor: Floor, account: FuturesAccount, symbol: str | None = None
) -> list[Position]:  # fmt: skip
    """Positions of all symbols or of one, flat ones too."""
    sides = ("LONG", "SHORT") if account.hedge else ("BOTH",)
    names = [symbol] if symbol else list(floor.contracts)
    return [account.position(name, side) for name in names for side in sides]


_V3_POSITION = ("symbol", "positionSide", "positionAmt", "unrealizedProfit", "isolatedMargin",
                "notional", "isolatedWallet", "initialMargin", "maintMargin",
                "updateTime")  # fmt: skip
_V2_POSITION = ("symbol", "initialMargin", "maintMargin", "unrealizedProfit",
                "positionInitialMargin", "openOrderInitialMargin", "entryPrice", "breakEvenPrice",
                "bidNotional", "askNotional", "positionSide", "positionAmt", "notional",
                "isolatedWallet", "updateTime")  # fmt: skip
_V3_RISK = ("symbol", "positionSide", "positionAmt", "entryPrice", "breakEvenPrice", "markPrice",
            "unRealizedProfit", "liquidationPrice", "isolatedMargin", "notional", "marginAsset",
            "isolatedWallet", "initialMargin", "maintMargin", "positionInitialMargin",
            "openOrderInitialMargin", "adl", "bidNotional", "askNotional",
            "updateTime")  # fmt: skip
_V2_RISK = ("symbol", "positionSide", "positionAmt", "entryPrice", "breakEvenPrice", "markPrice",
            "unRealizedProfit", "liquidationPrice", "isolatedMargin", "notional",
            "isolatedWallet", "updateTime")  # fmt: skip


def _sheet(floor: Floor, account: FuturesAccount, position: Position) -> dict[str, Any]:
    """Every figure of a position under every name that any version uses."""
    symbol = position.symbol
    mark, contract = floor.mark(symbol), floor.contracts[symbol]
    notional = position.amount * mark
    profit = margin.unrealized(position, mark)
    leverage = account.setting(symbol).leverage
    bound = margin.exact(abs(notional) / leverage)
    bids, asks = (
        sum((o.remaining * o.price for o in floor.shelf.live(account, symbol)
             if o.wish.side is side and o.wish.position_side == position.side), Decimal(0))
        for side in (Side.BUY, Side.SELL)
    )  # fmt: skip
    ordered = margin.initial(account, symbol, mark, floor.shelf.live(account, symbol))[1]
    ends = margin.liquidation_price(account, floor.contracts, floor.mark, position)
    needed = margin.maintenance(contract, position, mark) if position.amount else ZERO
    isolated = position.isolated + profit if account.setting(symbol).isolated else ZERO
    return {
        "symbol": symbol, "positionSide": position.side, "positionAmt": fixed(position.amount),
        "entryPrice": wire.price(position.entry),
        "breakEvenPrice": wire.price(position.break_even),
        "markPrice": money(mark), "unRealizedProfit": money(profit),
        "unrealizedProfit": money(profit),
        "liquidationPrice": wire.price(ends) if position.amount else "0",
        "isolatedMargin": money(isolated), "notional": money(notional),
        "marginAsset": MARGIN_ASSET, "isolatedWallet": money(position.isolated),
        "initialMargin": money(bound + ordered), "maintMargin": money(needed),
        "positionInitialMargin": money(bound), "openOrderInitialMargin": money(ordered), "adl": 1,
        "bidNotional": money(bids), "askNotional": money(asks), "updateTime": position.updated_at,
    }  # fmt: skip


def _asset(account: FuturesAccount, asset: str, figures: margin.Figures) -> dict[str, Any]:
    wallet = account.wallet.get(asset, ZERO)
    f = figures
    if asset != MARGIN_ASSET:
        f = margin.Figures(wallet, wallet, ZERO, ZERO, ZERO, ZERO, ZERO, wallet)
    return {
        "asset": asset, "walletBalance": money(f.wallet), "unrealizedProfit": money(f.pnl),
        "marginBalance": money(f.wallet + f.pnl), "maintMargin": money(f.maintenance),
        "initialMargin": money(f.position_initial + f.order_initial),
        "positionInitialMargin": money(f.position_initial),
        "openOrderInitialMargin": money(f.order_initial),
        "crossWalletBalance": money(f.cross_wallet), "crossUnPnl": money(f.cross_pnl),
        "availableBalance": money(f.available),
        "maxWithdrawAmount": money(withdrawable(f)), "updateTime": account.updated_at,
    }  # fmt: skip


def _assets(account: FuturesAccount) -> list[str]:
    return sorted({MARGIN_ASSET, *account.wallet})


def withdrawable(figures: margin.Figures) -> Decimal:
    """What may leave the wallet: profit that is not realized may not."""
    return max(ZERO, figures.available - max(ZERO, figures.cross_pnl))
