"""The settings section of the AI analyst: whose model, what it costs, how often it is asked."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from engine.runtime.setting_types import Address, FilePath, Section

_BASES = {
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
    "openai": "https://api.openai.com/v1",
}
_MODELS = {"gemini": "gemini-2.5-flash"}
_KEY = re.compile(r"[\x21-\x7e]{8,512}")

Calls = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Price = Annotated[Decimal, Field(ge=0, le=10_000)]


def check_key(key: SecretStr) -> SecretStr:
    """The key of a model service; raises ValueError for what no header could carry."""
    if not _KEY.fullmatch(key.get_secret_value()):
        raise ValueError("must be a key of 8 to 512 characters without spaces")
    return key


class AiSection(Section):
    """Which model AI bots ask. ``api_key`` is filled from its file or the environment too.

    ``calls_per_user`` and ``calls_per_day`` bound how often a model is asked on a UTC day, by one
    user (who may choose less) and by all. ``price_in`` and ``price_out`` are US dollars per
    million tokens; without both, only calls are counted.
    """

    provider: Literal["off", "gemini", "openai"] = "off"
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")] | None = None
    base_url: Address | None = None
    api_key: Annotated[SecretStr, AfterValidator(check_key)] | None = None
    api_key_file: FilePath | None = None
    calls_per_user: Calls = 200
    calls_per_day: Calls = 2_000
    price_in: Price | None = None
    price_out: Price | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.api_key is not None and self.api_key_file is not None:
            raise ValueError("give api_key or api_key_file, not both")
        if self.provider == "openai" and self.model is None:
            raise ValueError("provider openai needs a model")
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("give price_in and price_out, or neither")
        return self

    @property
    def on(self) -> bool:
        """Whether AI bots can ask a model here."""
        return self.provider != "off"

    @property
    def address(self) -> str:
        """Where the service is, its version included."""
        return self.base_url or _BASES[self.provider]

    @property
    def asked_model(self) -> str:
        """The model's name at the service."""
        return self.model or _MODELS[self.provider]

    @property
    def prices(self) -> tuple[Decimal, Decimal] | None:
        """US dollars per million tokens read and written; None when they are not known."""
        if self.price_in is None or self.price_out is None:
            return None
        return self.price_in, self.price_out
