"""AccountLimits: what a user lets all bots together do, and whose days their limits count."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.core.hours import Zone

_Money = Annotated[Decimal, Field(gt=0, le=Decimal(1_000_000_000))]
_Count = Annotated[int, Field(ge=1, le=1000)]
_Minutes = Annotated[int, Field(ge=1, le=43_200)]


class AccountLimits(BaseModel):
    """Limits over all bots of one user; None is off. Paper and real money are counted apart.

    ``max_open_positions`` counts positions and entries under way; ``max_exposure`` is their value
    (price times quantity) in each quote asset. ``max_drawdown`` is in percent of the highest
    equity within the last ``drawdown_hours``; ``stop_guard`` is how many losing stops within
    ``stop_guard_minutes`` pause everything. Either pause lasts ``pause_minutes``. With
    ``own_day`` the days of all daily limits are those of ``zone``, else of UTC. ``ai_calls`` is
    the user's own bound of model calls a day, below the installation's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: Zone = "UTC"
    own_day: bool = False
    max_open_positions: _Count | None = None
    max_exposure: _Money | None = None
    max_drawdown: Annotated[Decimal, Field(ge=Decimal("0.1"), le=100)] | None = None
    drawdown_hours: Annotated[int, Field(ge=1, le=720)] = 24
    stop_guard: _Count | None = None
    stop_guard_minutes: _Minutes = 60
    pause_minutes: _Minutes = 60
    ai_calls: Annotated[int, Field(ge=0, le=100_000)] | None = None

    @property
    def day_zone(self) -> str:
        """Zone whose days the daily limits count."""
        return self.zone if self.own_day else "UTC"
