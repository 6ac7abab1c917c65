"""Rolling history of closed candles, held as bare doubles: 48 bytes a candle."""

from array import array
from collections.abc import Iterable, Iterator

from engine.core.market import Candle

_FIELDS = len(Candle._fields)


class Window:
    """The newest ``capacity`` closed candles of a stream, in order of time."""

    def __init__(self, capacity: int, candles: Iterable[Candle] = ()) -> None:
        self._flat = array("d")
        self._capacity = capacity
        for candle in candles:
            self.append(candle)

    def append(self, candle: Candle) -> None:
        """Add the next candle; the oldest leaves when the window is full.

        Raises ValueError when it is not newer than the last one.
        """
        last = self.last
        if last is not None and candle.open_time <= last.open_time:
            raise ValueError(f"candle {candle.open_time} after {last.open_time}")
        self._flat.extend(candle)
        surplus = len(self) - self._capacity
        if surplus > 0:
            del self._flat[: surplus * _FIELDS]

    def __len__(self) -> int:
        return len(self._flat) // _FIELDS

    def __iter__(self) -> Iterator[Candle]:
        return (self._candle(at) for at in range(len(self)))

    @property
    def first(self) -> Candle | None:
        """Oldest candle held, or None."""
        return self._candle(0) if self._flat else None

    @property
    def last(self) -> Candle | None:
        """Newest candle held, or None."""
        return self._candle(len(self) - 1) if self._flat else None

    def newest(self, count: int) -> list[Candle]:
        """Up to ``count`` newest candles, oldest first."""
        return [self._candle(at) for at in range(max(0, len(self) - count), len(self))]

    def _candle(self, at: int) -> Candle:
        open_time, *rest = self._flat[at * _FIELDS : (at + 1) * _FIELDS]
        return Candle(int(open_time), *rest)
