"""An event loop whose time passes only when nobody has anything to do: then it jumps."""

import asyncio


class SwiftLoop(asyncio.SelectorEventLoop):
    """Timers fire in order and at their exact times, without any waiting."""

    def __init__(self):
        super().__init__()
        self._at = 0.0

    def time(self):
        return self._at

    def _run_once(self):
        waiting = [handle for handle in self._scheduled if not handle.cancelled()]
        if not self._ready and waiting:
            self._at = max(self._at, min(handle.when() for handle in waiting))
        super()._run_once()


def swiftly(work):
    """Run a coroutine to its end on such a loop."""
    with asyncio.Runner(loop_factory=SwiftLoop) as runner:
        return runner.run(work)
