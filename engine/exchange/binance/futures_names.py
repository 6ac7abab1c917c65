"""Whose an order of the futures exchange is: client ids by the exchange's order id.

A conditional order becomes a regular one with an id of its own. Its client id is usually the
conditional one's, but nothing promises that; ``ai`` of ALGO_UPDATE and ``actualOrderId`` of its
query name it surely (USD-M API, "Algo Order Update", "Query Algo Order").
"""

from collections import OrderedDict

from engine.core.client_id import decode_client_id

_MOST = 10_000


def ours(client_id: str) -> bool:
    """Whether an id follows our scheme."""
    return decode_client_id(client_id) is not None


class OrderNames:
    """Remembers the newest names that were learned."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def learn(self, order_id: str, client_id: str) -> None:
        """The order ``order_id`` stands for ``client_id``; a name of ours is never overwritten."""
        if not ours(self._names.get(order_id, "")):
            self._names[order_id] = client_id
            self._names.move_to_end(order_id)
        if len(self._names) > _MOST:
            self._names.popitem(last=False)

    def of(self, order_id: str, told: str = "") -> str:
        """The name to book an order under; ``told`` is the client id that the exchange tells."""
        return told if ours(told) else self._names.get(order_id, told)
