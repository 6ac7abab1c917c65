"""Alerts about money moved between the wallets of a key."""

from decimal import Decimal

from engine.core.bot import Bot
from engine.core.events import Alert, AlertKind
from engine.core.money import ZERO, fixed
from engine.core.transfer import Transfer, TransferState


def transfer_ended(transfer: Transfer, bot: Bot) -> Alert:
    """Money was moved, or not: then with what the exchange said."""
    done = transfer.state is TransferState.DONE
    return Alert(
        owner_id=transfer.owner_id,
        kind=AlertKind.NOTICE,
        dedup=f"transfer:{transfer.id}",
        bot_id=bot.id,
        params={
            "text_key": "transfer.done" if done else "transfer.failed",
            "bot": bot.config.name,
            "amount": fixed(transfer.amount),
            "quote": transfer.asset,
            "message": transfer.note,
        },
    )


def funds_short(
    bot: Bot, quote: str, day: str, *, missing: Decimal, spot: Decimal | None, moved: Decimal
) -> Alert:
    """The stake lacks money that may not be moved, or that is not there; told once a day.

    ``spot`` is what is free in the spot wallet, None when the bot's own bound for the day forbids
    the transfer, of which ``moved`` is used.
    """
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.NOTICE,
        dedup=f"funds_short:{bot.id}:{day}",
        bot_id=bot.id,
        params={
            "text_key": "transfer.short_bound" if spot is None else "transfer.short_spot",
            "bot": bot.config.name,
            "quote": quote,
            "missing": fixed(missing),
            "spot": fixed(spot or ZERO),
            "moved": fixed(moved),
            "bound": fixed(bot.config.transfer_amount or ZERO),
        },
    )
