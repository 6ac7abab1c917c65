"""The local Telegram as one server: start it, point a bot and a browser at it, stop it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.botapi import BotApi
from bot.sandbox.doings import Impossible
from bot.sandbox.faults import BadFault, Faults
from bot.sandbox.files import UPLOAD_LIMIT
from bot.sandbox.people import People, answer, body_of, explain
from bot.sandbox.world import World

_PAGE = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/bubbles.js": ("bubbles.js", "text/javascript"),
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
_ENVELOPE = 1024 * 1024


def wall_clock() -> datetime:
    """The computer's time."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the default of an injected clock


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How to run the sandbox; port 0 takes any free one."""

    port: int = 0
    token: str = "1000001:SANDBOX_not_a_real_token_0123456789"  # noqa: S105 - opens nothing real
    bot_name: str = "Skipper"
    bot_username: str = "skipper_demo_bot"
    host: str = "127.0.0.1"
    now: Callable[[], datetime] = wall_clock


class LocalChat:
    """The sandbox's server; ``port`` and the addresses are known after ``start``."""

    def __init__(self, options: ChatOptions) -> None:
        self._options = options
        self.world = World(options.now, _bot(options))
        self._faults = Faults()
        self._bot_api = BotApi(self.world, self._faults, options.token)
        self._runner: web.AppRunner | None = None
        self.port = options.port

    @property
    def url(self) -> str:
        """The chat page's address."""
        return f"http://{self._options.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What a Bot API client takes as its base address."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What a Bot API client takes as its base address for downloads."""
        return f"{self.url}/file/bot"

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        app = web.Application(
            middlewares=[self._guard, explain], client_max_size=UPLOAD_LIMIT + _ENVELOPE
        )
        app.add_routes([*self._bot_api.routes(), *People(self.world).routes(), *self._routes()])
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._options.host, self._options.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer whoever waits and close the port."""
        self.world.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(path, _asset) for path in _PAGE),
            web.get("/sandbox/faults", self._list_faults),
            web.post("/sandbox/faults", self._add_fault),
            web.delete("/sandbox/faults", self._clear_faults),
            web.get("/sandbox/log", self._log),
            web.post("/sandbox/advance", self._advance),
        ]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Keep out other web pages, which could otherwise talk to a loopback port."""
        host = request.headers.get("Host", "")
        origin = request.headers.get("Origin")
        known = _name(host) in _LOOPBACK | {self._options.host}
        if not known or (origin is not None and origin != f"http://{host}"):
            return answer(
                {"ok": False, "error_code": 403, "description": "Forbidden: foreign"}, 403
            )
        response: web.StreamResponse = await handler(request)
        return response

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return answer({"faults": self._faults.listed()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._faults.add(await body_of(request))
        except BadFault as error:
            raise Impossible(400, str(error)) from error
        return answer(asdict(fault))

    async def _clear_faults(self, request: web.Request) -> web.Response:
        wanted = request.query.get("id")
        if wanted is not None and not wanted.isdecimal():
            raise Impossible(400, "id is a number")
        return answer({"cleared": self._faults.clear(None if wanted is None else int(wanted))})

    async def _log(self, request: web.Request) -> web.Response:
        """Every call of the bot, oldest first; ``after`` leaves out what was seen already."""
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise Impossible(400, "after is a number")
        return answer({"calls": [call for call in self._bot_api.calls if call.n > int(after)]})

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = (await body_of(request)).get("seconds")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise Impossible(400, "seconds is a number, not negative")
        self.world.advance(timedelta(seconds=seconds))
        return answer({"now": self.world.now().isoformat()})


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


async def _asset(request: web.Request) -> web.Response:
    name, content_type = _PAGE[request.path]
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type=content_type, headers=headers)


def _bot(options: ChatOptions) -> dict[str, Any]:
    """The User object of getMe; the number in front of the token is the bot's id."""
    number = options.token.partition(":")[0]
    return {
        "id": int(number) if number.isdecimal() else 1,
        "is_bot": True,
        "first_name": options.bot_name,
        "username": options.bot_username,
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
