"""Plain facts: what every client must have seen, whatever it calls it."""

import asyncio
from decimal import Decimal

STATUSES = {
    "NEW": "open", "PARTIALLY_FILLED": "open", "FILLED": "closed", "CANCELED": "canceled",
    "EXPIRED": "expired", "REJECTED": "rejected", "FINISHED": "closed",
}  # fmt: skip


def number(value):
    """A number as text without trailing zeros, so that 0.10000000, '0.1' and 0.1 are one."""
    return f"{Decimal(str(value or 0)).normalize():f}"


def order(client_id, status, executed, spent):
    """An order: its id, how it stands, how much of it has traded and for how much."""
    return {"id": client_id, "status": STATUSES.get(status, status), "done": number(executed),
            "spent": number(spent)}  # fmt: skip


def raw_order(answer):
    """An order in the exchange's own words."""
    name = answer.get("origClientOrderId") or answer["clientOrderId"]
    spent = answer.get("cummulativeQuoteQty", answer.get("cumQuote", 0))
    return order(name, answer["status"], answer.get("executedQty", 0), spent)


def fill(price, quantity, fee, asset, maker):
    """One trade."""
    return {"price": number(price), "quantity": number(quantity), "fee": number(fee),
            "asset": asset, "maker": bool(maker)}  # fmt: skip


def report(event):
    """An execution report of a spot user stream."""
    name = event["C"] if event["x"] == "CANCELED" else event["c"]
    return [name, event["x"], event["X"], number(event["z"])]


def raw_algo(answer):
    """A conditional futures order in the exchange's own words."""
    return [answer["clientAlgoId"], STATUSES[answer["algoStatus"]], number(answer["triggerPrice"])]


def futures_report(event):
    """A report on an order or conditional order of a futures user stream; None for others."""
    order = event.get("o")
    if event["e"] == "ORDER_TRADE_UPDATE":
        return [order["c"], order["x"], order["X"], number(order["z"])]
    if event["e"] == "ALGO_UPDATE":
        return [order["caid"], "ALGO", order["X"], number(order["aq"])]
    return None


class Heard:
    """Reports of a user stream in the order of their arrival."""

    def __init__(self):
        self.reports = []
        self._more = asyncio.Event()

    def add(self, told):
        self.reports.append(told)
        self._more.set()

    async def until(self, last):
        """All reports up to the one that says that order ``last`` was cancelled."""
        while not any(told[:2] == [last, "CANCELED"] for told in self.reports):
            await self._more.wait()
            self._more.clear()
        return self.reports


async def ended(task):
    """Cancel a task until it ends: ``wait_for`` inside it may lose a cancel."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.1)
