"""Settings: one TOML file, typed and checked whole before anything starts."""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StrictBool,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from engine.core.bot_config import Environment, Mode
from engine.core.errors import ConfigError
from engine.core.liquidity import LiquidityFloor
from engine.runtime.ai_settings import AiSection, check_key
from engine.runtime.setting_problems import describe
from engine.runtime.setting_types import Address, FilePath, Section, beside_file

TOKEN_VARIABLE = "SKIPPER_TELEGRAM_TOKEN"  # noqa: S105 - the name of a variable
AI_KEY_VARIABLE = "SKIPPER_AI_KEY"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{30,64}")


def _token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError(
            "must be the bot token as @BotFather shows it: digits, a colon, 35 characters"
        )
    return token


def _database(url: str, info: ValidationInfo) -> str:
    kind, _, rest = url.partition("://")
    driver = _DRIVERS.get(kind.partition("+")[0], "")
    if not driver or kind not in {driver, driver.partition("+")[0]} or len(rest) < 2:
        raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    if driver != _DRIVERS["sqlite"]:
        return f"{driver}://{rest}"
    file = rest.removeprefix("/")
    if not file or "?" in file or file == ":memory:":
        raise ValueError("must be sqlite:///FILE, without options")
    return f"{driver}:///{beside_file(Path(file), info).absolute()}"


class TelegramSection(Section):
    """The bot in the chat. ``token`` is filled from ``token_file`` or the environment too."""

    token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    token_file: FilePath | None = None
    base_url: Address = "https://api.telegram.org/bot"
    base_file_url: Address = "https://api.telegram.org/file/bot"
    operators: tuple[Annotated[int, Field(strict=True, gt=0, lt=2**52)], ...] = ()

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise ValueError("give token or token_file, not both")
        return self


class ExchangeSection(Section):
    """Where prices come from and where orders may go. ``clock_rate`` is for a fast local one.

    ``allow_transfers`` lets keys be stored that may move money between their owner's wallets.
    """

    environment: Environment = Environment.LIVE
    base_url: Address | None = None
    allow_live: StrictBool = False
    allow_transfers: StrictBool = False
    clock_rate: Annotated[float, Field(gt=0, le=3600)] = 1.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        local = self.environment is Environment.LOCAL
        if local != (self.base_url is not None):
            raise ValueError("base_url is needed for environment local, and only there")
        if self.clock_rate != 1.0 and not local:
            raise ValueError("clock_rate is for environment local only")
        if self.allow_live and self.environment is not Environment.LIVE:
            raise ValueError("allow_live = true needs environment live")
        return self

    @property
    def modes(self) -> frozenset[Mode]:
        """How bots may trade: on paper always, with real money only if allowed."""
        keyed = {Mode(self.environment.value)}
        if self.environment is Environment.LIVE and not self.allow_live:
            keyed = set()
        return frozenset({Mode.PAPER} | keyed)


class DatabaseSection(Section):
    """Where the memory is; ``url`` is completed with its driver and an absolute path."""

    url: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///skipper.db", validate_default=True, repr=False
    )

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, None for PostgreSQL."""
        kind, _, path = self.url.partition(":///")
        return Path(path) if kind == _DRIVERS["sqlite"] else None


class SecuritySection(Section):
    """The key that seals all exchange keys."""

    master_key_file: FilePath = Field(default=Path("master.key"), validate_default=True)


class LogSection(Section):
    """What is written about the work; ``directory`` adds a rotated file to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"
    directory: FilePath | None = None


class LimitsSection(Section):
    """Where bots may enter: only ``symbols`` (empty: all), only above a day's quote volume."""

    symbols: tuple[Annotated[str, Field(pattern=r"^[A-Z0-9]{2,20}$")], ...] = ()
    min_volume_24h: Annotated[Decimal, Field(ge=0)] = Decimal(0)

    @property
    def floor(self) -> LiquidityFloor:
        """The same, as the checks ask it."""
        return LiquidityFloor(frozenset(self.symbols), self.min_volume_24h)


class Settings(Section):
    """Everything that an operator sets."""

    telegram: TelegramSection = TelegramSection()
    exchange: ExchangeSection = ExchangeSection()
    database: DatabaseSection
    security: SecuritySection
    log: LogSection = LogSection()
    limits: LimitsSection = LimitsSection()
    ai: AiSection = AiSection()

    @property
    def token(self) -> SecretStr:
        """The bot token; raises ConfigError when none was given."""
        if self.telegram.token is None:
            raise ConfigError(
                f"no bot token: set telegram.token or telegram.token_file, or {TOKEN_VARIABLE};"
                " @BotFather in Telegram makes one"
            )
        return self.telegram.token


def load_settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check a settings file.

    Raises ConfigError with one line per problem: file and line, dotted key, the value given,
    what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigError(
            f"{path}: {reason}; copy config.example.toml there, or name another with --config"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is no text in UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    folder = path.absolute().parent
    settings = _validated(data, folder, name=str(path), text=text)
    environ = os.environ if environ is None else environ
    return _with_ai_key(_with_token(settings, environ), environ)


def make_settings(folder: Path, **sections: Mapping[str, object]) -> Settings:
    """Settings built by a program (the demo); raises ConfigError like ``load_settings``."""
    return _validated(dict(sections), folder, name="settings", text="")


def _validated(data: dict[str, Any], folder: Path, *, name: str, text: str) -> Settings:
    try:
        return Settings.model_validate({"database": {}, "security": {}} | data, context=folder)
    except ValidationError as error:
        problems = describe(error.errors(include_url=False), Settings, name, text)
        raise ConfigError("\n".join(problems)) from None


def _with_token(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The token from the environment if it is there, else from its file, else as it stands."""
    file = settings.telegram.token_file
    source, given = _secret(environ, TOKEN_VARIABLE, "telegram.token_file", file)
    if given is None:
        return settings
    if not _TOKEN.fullmatch(given):
        raise ConfigError(f"{source}: holds no bot token (digits, a colon, 35 characters)")
    telegram = settings.telegram.model_copy(update={"token": SecretStr(given)})
    return settings.model_copy(update={"telegram": telegram})


def _with_ai_key(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The model service's key, found in the same order."""
    if settings.ai.provider == "off":
        return settings
    file = settings.ai.api_key_file
    source, given = _secret(environ, AI_KEY_VARIABLE, "ai.api_key_file", file)
    if given is None:
        return settings
    try:
        key = check_key(SecretStr(given))
    except ValueError as error:
        raise ConfigError(f"{source}: {error}") from None
    return settings.model_copy(update={"ai": settings.ai.model_copy(update={"api_key": key})})


def _secret(
    environ: Mapping[str, str], variable: str, setting: str, file: Path | None
) -> tuple[str, str | None]:
    """Where a secret was found, and the secret; None when neither variable nor file was given."""
    if variable in environ or file is None:
        return variable, environ.get(variable)
    source = f"{setting}: {file}"
    try:
        return source, file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source}: cannot be read") from error
