"""Observe: structured logs that never hold a secret."""

import logging
import logging.handlers
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor

_HIDDEN = "[hidden]"
_MIN_SECRET = 8  # shorter ones would blank out ordinary words
_FILE_BYTES = 10_000_000
_FILES_KEPT = 5
_CHATTY = (
    "httpx", "httpcore", "aiohttp", "websockets", "telegram", "apscheduler", "binance", "asyncio",
    "alembic", "aiosqlite",
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{5,20}(?::|%3A)[A-Za-z0-9_-]{30,64}", re.IGNORECASE), _HIDDEN),
    (re.compile(r"(X-MBX-APIKEY\W{1,8})[A-Za-z0-9]{8,}", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"((?:signature|listenKey)\W{1,8})[A-Za-z0-9%+/=_-]{8,}"), rf"\1{_HIDDEN}"),
    (re.compile(r"gAAAA[A-Za-z0-9_-]{20,}={0,2}"), _HIDDEN),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        _HIDDEN,
    ),
)


class Redactor:
    """Takes secrets out of text: known shapes always, registered ones wherever they stand."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def register(self, secret: str) -> None:
        """Hide this very text from now on, in its URL-quoted form too."""
        if len(secret) >= _MIN_SECRET:
            self._secrets |= {secret, quote(secret, safe="")}

    def redact(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def __call__(self, _logger: object, _method: str, rendered: Any) -> str:
        """Last processor of every log line: the whole line is clean, tracebacks too."""
        return self.redact(str(rendered))


redactor = Redactor()


def set_up_logs(
    level: str, style: Literal["console", "json"], directory: Path | None = None
) -> None:
    """Send the logs of this process and its libraries to standard error, and to a rotated file.

    The file is ``skipper.log`` in ``directory``. Libraries speak from WARNING on: at INFO some
    of them print whole addresses, and the bot token is part of Telegram's.
    Raises OSError when the file cannot be opened.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                directory / "skipper.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT
            )
        )
    shared = _shared()
    for handler in handlers:
        colours = isinstance(handler, logging.StreamHandler) and handler.stream.isatty()
        handler.setFormatter(_formatter(style, shared, colours=colours))
    logging.basicConfig(handlers=handlers, level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _visible(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Foreign text cannot start a line of its own or colour the terminal."""
    return {
        key: _escaped(value) if isinstance(value, str) else value for key, value in event.items()
    }


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]


def _formatter(
    style: Literal["console", "json"], shared: list[Processor], *, colours: bool
) -> logging.Formatter:
    rendering: list[Processor]
    if style == "json":
        rendering = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        rendering = [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _visible,
            *rendering,
            redactor,
        ],
    )
