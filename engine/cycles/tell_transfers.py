"""Alerts about money moved between the wallets of a key."""

from decimal import Decimal

from engine.core.bot import Bot
from engine.core.events import Alert, AlertKind
from engine.core.money import ZERO, fixed
from engine.core.transfer import Transfer, TransferState
from engine.cycles.tell_bots import of_bot


def transfer_ended(transfer: Transfer, bot: Bot) -> Alert:
    """Money was moved, or not: then with what the exchange said."""
    done = transfer.state is TransferState.DONE
    figures = {
        "text_key": "transfer.done" if done else "transfer.failed",
        "amount": fixed(transfer.amount),
        "quote": transfer.asset,
        "message": transfer.note,
    }
    return of_bot(bot, AlertKind.NOTICE, f"transfer:{transfer.id}", figures)


def funds_short(
    bot: Bot, quote: str, day: str, *, missing: Decimal, spot: Decimal | None, moved: Decimal
) -> Alert:
    """The stake lacks money that may not be moved, or that is not there; told once a day.

    ``spot`` is what is free in the spot wallet, None when the bot's own bound for the day forbids
    the transfer, of which ``moved`` is used.
    """
    figures = {
        "text_key": "transfer.short_bound" if spot is None else "transfer.short_spot",
        "quote": quote,
        "missing": fixed(missing),
        "spot": fixed(spot or ZERO),
        "moved": fixed(moved),
        "bound": fixed(bot.config.transfer_amount or ZERO),
    }
    return of_bot(bot, AlertKind.NOTICE, f"funds_short:{bot.id}:{day}", figures)
