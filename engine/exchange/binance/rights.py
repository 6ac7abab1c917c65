"""What a key may do and what its account holds, asked before it is kept."""

from collections.abc import Awaitable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from engine.core.account import Credentials, KeyRights
from engine.core.errors import KeyRefused
from engine.exchange.binance import futures_parse, parse
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import flag

T = TypeVar("T")
_NOTHING = KeyRights(
    can_read=True,
    can_trade_spot=False,
    can_withdraw=False,
    can_transfer=False,
    ip_restricted=False,
)


async def check_key(connection: Connection, credentials: Credentials) -> KeyRights:
    """Rights and free balances; raises KeyRefused, Unavailable or RateLimited."""
    client = connection.client(credentials)
    try:
        if connection.endpoints.sapi:
            return await _asked(connection, client)
        return await _by_trying(connection, client)
    finally:
        await client.close()


async def _asked(connection: Connection, client: Client) -> KeyRights:
    answer = await connection.read(
        client.get_account_api_permissions, ask=Ask(Product.SAPI, Priority.READ, client.owner)
    )
    with translated(sending=False):
        told = parse.key_rights(answer)
    if not told.can_read:
        return replace(told, can_trade_futures=False)
    _, balances = await _spot(connection, client)
    rights = replace(told, balances=balances)
    if not told.can_trade_futures:
        return rights
    # The right alone opens no futures account.
    return await _known(_futures(connection, client, rights)) or replace(
        rights, can_trade_futures=False
    )


async def _by_trying(connection: Connection, client: Client) -> KeyRights:
    """The test network tells no rights of a key, and there is nothing to withdraw.

    Spot and futures give out keys of their own there: a key is good when one of them knows it.
    """
    spot = await _known(_spot(connection, client))
    if spot is None:
        return await _futures(connection, client, _NOTHING)
    rights = replace(_NOTHING, can_trade_spot=spot[0], balances=spot[1])
    return await _known(_futures(connection, client, rights)) or rights


async def _known(answer: Awaitable[T]) -> T | None:
    """The answer, or None from a product that does not know the key."""
    try:
        return await answer
    except KeyRefused:
        return None


async def _spot(connection: Connection, client: Client) -> tuple[bool, dict[str, Decimal]]:
    """Whether the account may trade, and what is free in it."""
    account = await connection.read(
        lambda: client.get_account(omitZeroBalances="true"),
        ask=Ask(Product.SPOT, Priority.READ, client.owner, weight=20),
    )
    with translated(sending=False):
        free = {asset: held.free for asset, held in parse.balances(account).items()}
        return flag(account, "canTrade"), free


async def _futures(connection: Connection, client: Client, rights: KeyRights) -> KeyRights:
    """The rights with what the futures account says; raises KeyRefused without one."""
    ask = Ask(Product.FUTURES, Priority.READ, client.owner, weight=5)
    config = await connection.read(client.futures_account_config, ask=ask)
    wallet = await connection.read(client.futures_account_balance, ask=ask)
    with translated(sending=False):
        modes = futures_parse.modes(config)
        return replace(
            rights,
            can_trade_futures=flag(config, "canTrade"),
            margin={a: held.free for a, held in futures_parse.balances(wallet).items()},
            hedge_mode=modes.hedge,
            multi_assets=modes.multi_assets,
        )
