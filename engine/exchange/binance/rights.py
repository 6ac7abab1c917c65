"""What a key may do and what its account holds, asked before it is kept."""

from decimal import Decimal
from typing import Any

from engine.core.account import Credentials, KeyRights
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import Json, flag


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
        rights = parse.key_rights(answer, {})
    if not rights.can_read:
        return rights
    account = await _account(connection, client)
    with translated(sending=False):
        return parse.key_rights(answer, _free(account))


async def _by_trying(connection: Connection, client: Client) -> KeyRights:
    """The test network tells no rights of a key, and there is nothing to withdraw."""
    account = await _account(connection, client)
    with translated(sending=False):
        return KeyRights(
            can_read=True,
            can_trade_spot=flag(account, "canTrade"),
            can_withdraw=False,
            can_transfer=False,
            ip_restricted=False,
            balances=_free(account),
        )


async def _account(connection: Connection, client: Client) -> Any:
    return await connection.read(
        lambda: client.get_account(omitZeroBalances="true"),
        ask=Ask(Product.SPOT, Priority.READ, client.owner, weight=20),
    )


def _free(account: Json) -> dict[str, Decimal]:
    return {asset: held.free for asset, held in parse.balances(account).items()}
