"""Column types: exact decimals, enumerations by value, and small JSON texts."""

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from engine.core.account_limits import AccountLimits
from engine.core.bot_config import BotConfig
from engine.core.checks import Refused
from engine.core.money import fixed

E = TypeVar("E", bound=StrEnum)

# SQLite numbers rows by itself only in a column declared exactly INTEGER.
ID = BigInteger().with_variant(Integer, "sqlite")
# Times are milliseconds since 1970, UTC.
MS = BigInteger()


class Exact(TypeDecorator[Decimal]):
    """A Decimal without loss: NUMERIC in PostgreSQL, canonical fixed-point text in SQLite.

    Equal values are stored as equal texts, so that they may be compared for equality in SQL.
    Raises ValueError for what is not finite.
    """

    impl = Numeric
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"{value} cannot be stored")
        return fixed(value) if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Choice(TypeDecorator[E]):
    """A member of one enumeration, stored by its value."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[E]) -> None:
        super().__init__()
        self.choices = choices

    @override
    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self.choices(value)


class Texts(TypeDecorator[dict[str, str]]):
    """A dictionary of texts."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, str] | None:
        return None if value is None else json.loads(value)


class Readings(TypeDecorator[dict[str, float]]):
    """A dictionary of floats, NaN and infinities included."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Mapping[str, float] | None, dialect: Dialect
    ) -> str | None:
        return None if value is None else json.dumps(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, float] | None:
        return None if value is None else json.loads(value)


class Amounts(TypeDecorator[dict[str, Decimal]]):
    """A dictionary of exact decimals, by asset."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Mapping[str, Decimal] | None, dialect: Dialect
    ) -> str | None:
        if value is None:
            return None
        return json.dumps({asset: fixed(amount) for asset, amount in value.items()})

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Decimal] | None:
        if value is None:
            return None
        return {asset: Decimal(amount) for asset, amount in json.loads(value).items()}


class Config(TypeDecorator[BotConfig]):
    """A bot's configuration, validated again when it is read."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: BotConfig | None, dialect: Dialect) -> str | None:
        return None if value is None else value.model_dump_json()

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> BotConfig | None:
        return None if value is None else _config(value)


@lru_cache(maxsize=10_000)
def _config(text: str) -> BotConfig:
    """The same text is the same, frozen configuration: bots are read far oftener than changed."""
    return BotConfig.model_validate_json(text)


class Limits(TypeDecorator[AccountLimits]):
    """A user's limits, validated again when they are read."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: AccountLimits | None, dialect: Dialect) -> str | None:
        return None if value is None else value.model_dump_json()

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> AccountLimits | None:
        return None if value is None else AccountLimits.model_validate_json(value)


class RefusedCheck(TypeDecorator[Refused]):
    """Why a signal did not become an entry."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Refused | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return json.dumps([value.check, value.limit, value.measured])

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Refused | None:
        return None if value is None else Refused(*json.loads(value))
