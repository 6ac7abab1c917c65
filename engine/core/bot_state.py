"""Life of a trading bot, as one table."""

from enum import StrEnum

from engine.core.table import follow


class BotState(StrEnum):
    """What a bot is doing; a stopped, paused or failed bot may still hold a protected position."""

    STOPPED = "stopped"
    WAITING = "waiting"
    IN_POSITION = "in_position"
    PAUSED = "paused"
    ERROR = "error"

    @property
    def running(self) -> bool:
        """Whether its signals are judged."""
        return self in {BotState.WAITING, BotState.IN_POSITION}


class BotEvent(StrEnum):
    """What may happen to a bot."""

    START = "start"
    START_HOLDING = "start holding"
    ENTER = "enter"
    EXIT = "exit"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    RESUME_HOLDING = "resume holding"
    FAIL = "fail"


_B, _E = BotState, BotEvent
_AT_REST = (_B.STOPPED, _B.PAUSED, _B.ERROR)
BOT_TABLE: dict[tuple[BotState, BotEvent], BotState] = {
    **{(state, _E.START): _B.WAITING for state in _AT_REST},
    **{(state, _E.START_HOLDING): _B.IN_POSITION for state in _AT_REST},
    # An entry sent before the stop may fill after it; the position is protected all the same.
    **{(state, _E.ENTER): state for state in _AT_REST},
    **{(state, _E.EXIT): state for state in _AT_REST},
    **{(state, _E.STOP): _B.STOPPED for state in BotState},
    **{(state, _E.FAIL): _B.ERROR for state in BotState if state is not _B.STOPPED},
    (_B.STOPPED, _E.FAIL): _B.STOPPED,
    (_B.WAITING, _E.ENTER): _B.IN_POSITION,
    # Closing the books must never fail for what the bot believed of itself.
    (_B.WAITING, _E.EXIT): _B.WAITING,
    (_B.WAITING, _E.PAUSE): _B.PAUSED,
    (_B.IN_POSITION, _E.ENTER): _B.IN_POSITION,
    (_B.IN_POSITION, _E.EXIT): _B.WAITING,
    (_B.IN_POSITION, _E.PAUSE): _B.PAUSED,
    (_B.PAUSED, _E.PAUSE): _B.PAUSED,
    (_B.PAUSED, _E.RESUME): _B.WAITING,
    (_B.PAUSED, _E.RESUME_HOLDING): _B.IN_POSITION,
}


class StopChoice(StrEnum):
    """What happens to the open position when its bot is stopped."""

    LEAVE = "leave"
    CLOSE = "close"
    KEEP = "keep"


FLATTEN = "why.panic"
"""Why a bot was stopped in a panic: what an entry on its way still brings is closed at once."""


def next_bot_state(state: BotState, event: BotEvent) -> BotState:
    """State after ``event``; raises IllegalEvent."""
    return follow("bot", BOT_TABLE, state, event)
