"""Tell of accounts: all bots of a user that trade the same kind of money pause, and go on."""

from engine.core.account_guard import AccountPause, Breach
from engine.core.events import Alert, AlertKind


def paused(pause: AccountPause, breach: Breach) -> Alert:
    """A limit over all bots was passed."""
    what = f"{book_of(keyed=pause.keyed)}:{pause.check}:{pause.quote}"
    return Alert(
        owner_id=pause.owner_id,
        kind=AlertKind.ACCOUNT_PAUSED,
        dedup=f"account_paused:{pause.owner_id}:{what}:{pause.at}",
        params={
            "book": book_of(keyed=pause.keyed),
            "why": f"check.{breach.check}",
            "quote": breach.quote,
            "limit": breach.limit,
            "measured": breach.measured,
            "until": str(pause.until),
        },
    )


def resumed(owner_id: int, until: int, *, keyed: bool) -> Alert:
    """The pause of all bots is over."""
    book = book_of(keyed=keyed)
    return Alert(
        owner_id=owner_id,
        kind=AlertKind.ACCOUNT_RESUMED,
        dedup=f"account_resumed:{owner_id}:{book}:{until}",
        params={"book": book},
    )


def book_of(*, keyed: bool) -> str:
    """Name of what is counted together."""
    return "keyed" if keyed else "paper"
