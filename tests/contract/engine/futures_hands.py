"""What the owner and the exchange do on the futures side of the first account."""

from decimal import Decimal

from engine.core.account import Credentials
from engine.core.bot_config import Direction, Environment
from engine.core.market import Market
from engine.exchange.binance.ask import Ask, Priority, Product
from tests.contract.engine.lab import KEYS, SECRET

SYMBOL = "BTCUSDT"
FUTURES = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 5,
    "size": Decimal(500),
    "max_position": Decimal(50),
}


async def asked(lab, method, **params):
    """What the owner asks of the same account, outside Skipper."""
    connection = lab.life.broker._connections[Environment.LOCAL]
    client = connection.client(Credentials(KEYS[0], SECRET, Environment.LOCAL))
    call = getattr(client, method)
    answer = await connection.send(
        lambda: call(**params), ask=Ask(Product.FUTURES, Priority.ENTRY, orders=1)
    )
    await client.close()
    return answer


async def by_hand(lab, side, quantity, **params):
    """What the owner trades there."""
    wish = {"symbol": SYMBOL, "side": side, "quantity": str(quantity), "type": "MARKET"}
    return await asked(lab, "futures_create_order", **wish | params)


def held(lab):
    """What the exchange holds on the first account."""
    account = lab.world.futures.book.floor.accounts[KEYS[0]]
    return sum((p.amount for p in account.held(SYMBOL)), start=Decimal(0))


def waiting(lab):
    return lab.world.futures.book.floor.shelf.waiting(symbol=SYMBOL)


async def act(lab, what, **more):
    """Let the exchange act by itself."""
    await lab.control("futures", act=what, key=KEYS[0], symbol=SYMBOL, **more)
