"""Times what leaves on the sockets of this process after a closed candle was heard on one."""

import time
from asyncio.selector_events import _SelectorSocketTransport
from dataclasses import dataclass, field

from aiohttp.client_proto import ResponseHandler
from websockets.asyncio.client import ClientConnection

_NEW_ORDER = b"POST /api/v3/order"


@dataclass
class Stopwatch:
    """Hooks into the sockets of this process; all times in seconds of ``perf_counter``."""

    heard: float = 0.0
    heard_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    round_trips: list[float] = field(default_factory=list)
    on: bool = False
    _flying: dict[object, float] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop what was measured so far."""
        self.latencies.clear()
        self.cpu.clear()
        self.round_trips.clear()

    def install(self) -> None:
        """Measure whatever is read and written from now on."""
        hear, answer = ClientConnection.data_received, ResponseHandler.data_received
        write = _SelectorSocketTransport.write

        def heard(connection: ClientConnection, data: bytes) -> None:
            if b'"x":true' in data:
                self.heard, self.heard_cpu = time.perf_counter(), time.process_time()
            hear(connection, data)

        def answered(handler: ResponseHandler, data: bytes) -> None:
            if handler in self._flying:
                self.round_trips.append(time.perf_counter() - self._flying.pop(handler))
            answer(handler, data)

        def written(transport: _SelectorSocketTransport, data: bytes) -> None:
            began = time.perf_counter()
            write(transport, data)
            if self.on and data.startswith((_NEW_ORDER + b" ", _NEW_ORDER + b"?")):
                self.latencies.append(time.perf_counter() - self.heard)
                self.cpu.append(time.process_time() - self.heard_cpu)
                self._flying[transport.get_protocol()] = began

        ClientConnection.data_received = heard
        ResponseHandler.data_received = answered
        _SelectorSocketTransport.write = written
