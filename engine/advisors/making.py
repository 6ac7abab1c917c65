"""The advisor that the settings ask for."""

from decimal import Decimal

from engine.advisors.gemini import Gemini
from engine.advisors.openai_compatible import OpenAiCompatible
from engine.core.errors import ConfigError
from engine.ports.advisor import Advisor
from engine.ports.clock import Clock
from engine.runtime.ai_settings import AiSection
from engine.runtime.observe import redactor

_MILLION = 1_000_000


def make_advisor(settings: AiSection, clock: Clock) -> Advisor | None:
    """None where the provider is off; raises ConfigError where the key is missing."""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    redactor.register(key)
    if settings.provider == "gemini":
        if not key:
            raise ConfigError(
                "no key for Gemini: set ai.api_key or ai.api_key_file, or SKIPPER_AI_KEY"
            )
        return Gemini(settings.address, settings.asked_model, key, clock)
    if settings.provider == "openai":
        return OpenAiCompatible(settings.address, settings.asked_model, key, clock)
    return None


def cost_of(
    tokens_in: int, tokens_out: int, prices: tuple[Decimal, Decimal] | None
) -> Decimal | None:
    """Estimated US dollars at prices per million tokens; None where those are not known."""
    if prices is None:
        return None
    return (tokens_in * prices[0] + tokens_out * prices[1]) / _MILLION
