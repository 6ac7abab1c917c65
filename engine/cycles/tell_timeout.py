"""Tell of time-outs: a position that will soon have been held as long as it may."""

from engine.core.bot import Bot
from engine.core.events import Alert, AlertKind
from engine.core.money import fixed
from engine.core.position import Position
from engine.core.timeout import EXTENSION_MINUTES, MINUTE_MS


def expiring(position: Position, bot: Bot, now: int) -> Alert:
    """It is closed soon; told once for each end that it is given."""
    end = position.expires_at or now
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.EXPIRING,
        dedup=f"expiring:{position.id}:{end}",
        bot_id=bot.id,
        trade_ref=position.id,
        params={
            "bot": bot.config.name,
            "symbol": position.symbol,
            "base": position.base,
            "mode": bot.config.mode.value,
            "qty": fixed(position.held),
            "side": position.side.value,
            "minutes": str(-((now - end) // MINUTE_MS)),
            "at": str(end),
            "more": str(bot.config.max_holding_minutes or EXTENSION_MINUTES),
        },
    )
