"""Bot: a trading bot as it is stored."""

from dataclasses import dataclass, field

from engine.core.bot_config import BotConfig, account_of
from engine.core.bot_state import BotState


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot. ``why`` explains a pause or an error: a text key with its figures.

    ``revision`` grows with every change that a screen could show; ``decisions`` numbers the
    entries it has decided. ``public_id`` is what buttons and the command line call it.
    """

    id: int
    public_id: str
    owner_id: int
    config: BotConfig
    state: BotState
    created_at: int
    revision: int = 0
    decisions: int = 0
    why: str = ""
    why_params: dict[str, str] = field(default_factory=dict)
    paused_until: int | None = None

    @property
    def account(self) -> str:
        """Name of the books its orders are in."""
        return account_of(self.config, self.id)
