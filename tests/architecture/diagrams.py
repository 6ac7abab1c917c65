"""State diagrams in Mermaid, drawn from the tables themselves."""

import re
from collections import defaultdict

from bot.wizard.steps import ORDER
from engine.core.bot_state import BOT_TABLE, BotState
from engine.core.events import OUTBOX_TABLE, OutboxState
from engine.core.market import STREAM_TABLE, StreamState
from engine.core.order import ORDER_TABLE, OrderState
from engine.core.position import POSITION_TABLE, PROTECTION_TABLE, PositionState, ProtectionState

LIVES = (
    ("Order", "engine/core/order.py", ORDER_TABLE, OrderState.PLANNED),
    ("Position", "engine/core/position.py", POSITION_TABLE, PositionState.OPEN),
    ("Protection", "engine/core/position.py", PROTECTION_TABLE, ProtectionState.NONE),
    ("Bot", "engine/core/bot_state.py", BOT_TABLE, BotState.STOPPED),
    ("Alert in the outbox", "engine/core/events.py", OUTBOX_TABLE, OutboxState.DUE),
    ("Stream", "engine/core/market.py", STREAM_TABLE, StreamState.CONNECTING),
)
BEGIN, END = "<!-- states: begin -->", "<!-- states: end -->"


def diagram(table, first):
    """A table's diagram: one arrow for all events that lead from one state to another."""
    arrows = defaultdict(list)
    for (state, event), after in table.items():
        arrows[state, after].append(event.value)
    lines = [f"    [*] --> {first.value}"]
    for (state, after), events in arrows.items():
        lines.append(f"    {state.value} --> {after.value}: {', '.join(events)}")
    left = {state for state, after in arrows if state is not after}
    reached = {after for _, after in arrows}
    lines += [f"    {state.value} --> [*]" for state in type(first) if state in reached - left]
    return "\n".join(["stateDiagram-v2", *lines])


def section():
    """The README's part that is generated."""
    parts = [BEGIN]
    for title, path, table, first in LIVES:
        parts += ["", f"**{title}** (`{path}`)", "", "```mermaid", diagram(table, first), "```"]
    steps = " → ".join(ORDER)
    parts += ["", f"**New-bot conversation** (`bot/wizard/steps.py`): {steps}", "", END]
    return "\n".join(parts)


def replaced(readme):
    """The README with its generated part made anew."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: section(), readme, flags=re.DOTALL)
