"""Office: what every service function is handed."""

from dataclasses import dataclass

from engine.core.bot_config import Environment, Mode
from engine.core.liquidity import NO_FLOOR, LiquidityFloor
from engine.ports.account import KeyCheck, Vault
from engine.ports.advisor import AdvisorTerms
from engine.ports.clock import Clock
from engine.ports.insight import Insight
from engine.ports.market import Catalogue, Prices
from engine.ports.storage import Storage
from engine.ports.wake import Wake


@dataclass(frozen=True, slots=True)
class Office:
    """The collaborators of the services, wired once at start.

    ``public`` is the environment whose prices paper bots follow; ``modes`` are those that the
    operator allows; ``operators`` the Telegram ids that are admins by configuration. The bot's
    own ``bot_username`` makes invite links; without it an invite is a command to type. ``ai`` is
    None where no model can be asked. ``transfers``: keys may move money between their owner's
    wallets. ``floor`` says which symbols may be entered.
    """

    storage: Storage
    clock: Clock
    wake: Wake
    vault: Vault
    key_check: KeyCheck
    insight: Insight
    catalogues: dict[Environment, Catalogue]
    prices: dict[Environment, Prices]
    public: Environment
    modes: frozenset[Mode]
    operators: frozenset[int]
    bot_username: str = ""
    ai: AdvisorTerms | None = None
    transfers: bool = False
    floor: LiquidityFloor = NO_FLOOR
