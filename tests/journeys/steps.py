"""What people do in the chat, as whole steps; every one only taps and types."""

from tests.journeys.person import Person
from tests.journeys.world import KEY, SECRET, World


async def invited(operator: Person, guest: Person) -> None:
    """The operator makes an invite and the guest uses it."""
    await operator.say("/invite")
    await operator.reads("Who shall be invited")
    await operator.press("trader")
    link = (await operator.reads("?start="))["text"].split("?start=")[1].split()[0]
    await guest.say(f"/start {link}")
    await guest.reads("Welcome aboard")


async def add_key(person: Person, label: str = "main") -> None:
    """Enter the demo key in separate prompts."""
    await person.say("/keys")
    await person.press("Add key")
    await person.say(label)
    await person.reads("send the API key")
    await person.say(KEY)
    await send_secret(person)


async def send_secret(person: Person) -> None:
    await person.reads("now send the secret")
    await person.say(SECRET)


async def allow_transfers(world: World, *, allowed: bool) -> None:
    """Switch at the exchange whether the key may move money out."""
    account = {"key": KEY, "secret": SECRET, "permissions": {"permitsUniversalTransfer": allowed}}
    (await world.market.post("/sandbox/accounts", json=account)).raise_for_status()


async def to_summary(
    person: Person, symbol: str = "BTCUSDT", mode: str = "Demo account", *, size: str = "100"
) -> None:
    """Through the wizard by buttons alone: small exits, everything else as suggested."""
    await person.say("/new")
    for question, answer in (
        ("Which market", "Spot"),
        ("Which symbol", symbol),
        ("Which plan", "My own"),
        ("Candles of which length", "1m"),
        ("Which strategy", "EMA/RSI"),
        ("with these settings", "Next"),
        ("How much per trade", size),
        ("Stop loss: how many", "0.5 %"),
        ("Take profit: how many", "1 %"),
        ("More exits", "Next"),
        ("Limits: when it shall not enter", "Trades a day"),
        ("At most how many trades", "no limit"),
        ("Limits: when it shall not enter", "Next"),
        ("How shall it trade", mode),
    ):
        await person.press(answer, await person.reads(question))
    await person.press("Next", await person.reads("What shall it be called"))
    await person.reads("Check and create")


async def start_bot(person: Person, symbol: str = "BTCUSDT", mode: str = "Demo account") -> None:
    """Make a bot and start it."""
    await to_summary(person, symbol, mode)
    await person.press("Create and start")
    await person.reads("Running")
