"""What closed trades brought, for statistics."""

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import select

from engine.core.bot_config import Environment, Mode
from engine.core.money import ZERO
from engine.ports.records import Result
from storage.models.people import keys
from storage.models.trading import bots, positions, trades
from storage.repos.base import Repo

_SELECT = select(
    trades.c.id,
    trades.c.bot_id,
    positions.c.account,
    positions.c.base,
    positions.c.quote,
    trades.c.opened_at,
    trades.c.closed_at,
    trades.c.gross,
    trades.c.net,
    trades.c.funding,
    trades.c.fees,
    trades.c.reason,
).join(positions, positions.c.id == trades.c.position_id)
_PAPER = "paper"


class SqlResults(Repo):
    """Closed trades and their books; deleted bots and removed keys count."""

    async def page(self, *, limit: int, after: int = 0, bot_id: int | None = None) -> list[Result]:
        """The next results by id, after that of the trade ``after``; of one bot or of all."""
        query = _SELECT.where(trades.c.id > after).order_by(trades.c.id).limit(limit)
        if bot_id is not None:
            query = query.where(trades.c.bot_id == bot_id)
        rows = await self._session.rows(self._mine(query, trades.c.owner_id))
        environments = await self._environments()
        return [
            Result(trade_id, bot, _mode(account, environments), *rest)
            for trade_id, bot, account, *rest in rows
        ]

    async def capitals(self, bot_ids: Collection[int]) -> dict[int, Decimal]:
        """Initial capital of each of the bots as it is set now, in its quote asset."""
        query = select(bots.c.id, bots.c.config).where(bots.c.id.in_(bot_ids))
        rows = await self._session.rows(self._mine(query, bots.c.owner_id))
        return {bot_id: config.initial_capital for bot_id, config in rows}

    async def nets(self) -> dict[int, Decimal]:
        """What all closed trades of each bot brought, net, in its quote asset."""
        query = select(trades.c.bot_id, trades.c.net)
        sums: dict[int, Decimal] = {}
        # Added up here: SQLite holds exact decimals as texts, which it would add as floats.
        for bot_id, net in await self._session.rows(self._mine(query, trades.c.owner_id)):
            sums[bot_id] = sums.get(bot_id, ZERO) + net
        return sums

    async def _environments(self) -> dict[str, Environment]:
        query = self._mine(select(keys.c.id, keys.c.environment), keys.c.owner_id)
        return {str(key): environment for key, environment in await self._session.rows(query)}


def _mode(account: str, environments: dict[str, Environment]) -> Mode:
    """How the books ``account`` (see ``core.bot_config.account_of``) are traded."""
    kind, _, key = account.partition(":")
    return Mode.PAPER if kind == _PAPER else Mode(environments[key].value)
