"""Time as a collaborator: the market's clock and real waiting."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The market's time; in a demo it runs ``rate`` times as fast as real time.

    Rules of trading (candles, limits, timeouts, schedules, signatures) count market time.
    Rules of the wire (HTTP timeouts, back-off, look-ups) count real seconds: divide by nothing.
    """

    @property
    def rate(self) -> float:
        """Market seconds per real second; 1 outside the demo."""
        ...

    def now_ms(self) -> int:
        """Market time now, integer milliseconds UTC."""
        ...

    def now(self) -> datetime:
        """Market time now, aware UTC."""
        ...

    def steady_ms(self) -> float:
        """Real milliseconds since some instant, whatever the market's time is set to."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of market time."""
        ...

    async def sleep_real(self, seconds: float) -> None:
        """Wait ``seconds`` of real time, for the wire."""
        ...


class ExchangeTime(Protocol):
    """How far our clock is from the exchange's, measured over the wire."""

    @property
    def offset_ms(self) -> int:
        """Exchange's time less ours, market ms, as last measured."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it was measured and lies within what trading tolerates."""
        ...

    async def measure(self) -> None:
        """Measure it now; raises ``Unavailable``."""
        ...
