"""The HTTP face towards the people: what they do, and what their chat shows them."""

import asyncio
import base64
import binascii
from typing import Any

import orjson
from aiohttp import web

from bot.sandbox import doings
from bot.sandbox.doings import Impossible
from bot.sandbox.params import Upload
from bot.sandbox.refusals import Refusal
from bot.sandbox.views import profile, shown
from bot.sandbox.world import Chat, Json, World

_LONGEST_WAIT_S = 60.0
_USER = r"/sandbox/users/{user:\d+}"


class People:
    """Handlers under /sandbox/users and /sandbox/files."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Every address of this face."""
        return [
            web.get("/sandbox/users", self.everybody),
            web.get(_USER, self.profile),
            web.post(_USER + "/profile", self.change_profile),
            web.get(_USER + "/messages", self.messages),
            web.post(_USER + "/messages", self.write),
            web.patch(_USER + r"/messages/{message:\d+}", self.rewrite),
            web.delete(_USER + r"/messages/{message:\d+}", self.withdraw),
            web.post(_USER + "/press", self.press),
            web.post(_USER + "/start", self.start),
            web.post(_USER + "/block", self.block),
            web.post(_USER + "/unblock", self.unblock),
            web.get("/sandbox/files/{path:.+}", self.file),
        ]

    async def everybody(self, _request: web.Request) -> web.Response:
        """All people who exist so far."""
        chats = sorted(self._world.chats.items())
        return answer({"users": [profile(self._world, chat) for _id, chat in chats]})

    async def profile(self, request: web.Request) -> web.Response:
        """One person, with the bot's name and command menu as they see it."""
        return answer(profile(self._world, self._chat(request)))

    async def change_profile(self, request: web.Request) -> web.Response:
        """Change names or language."""
        chat = self._chat(request)
        doings.set_profile(chat, await body_of(request))
        return answer(profile(self._world, chat))

    async def messages(self, request: web.Request) -> web.Response:
        """What changed after sequence number ``after``, waiting up to ``wait`` seconds for it.

        ``all=1`` is for chat windows: it adds the person's own messages and also returns when only
        the typing status or an unseen answer changed.
        """
        chat = self._chat(request)
        everything = request.query.get("all") == "1"
        try:
            after = int(request.query.get("after", "0"))
            wait = float(request.query.get("wait", "0"))
        except ValueError as error:
            raise Impossible(400, "after and wait are numbers") from error
        if after > self._world.seq:
            after = 0  # the watcher knew an earlier sandbox on this port
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(wait, _LONGEST_WAIT_S)
        while True:
            view = shown(self._world, chat, after, everything=everything)
            news = view["messages"] or view["toasts"] or (everything and chat.seq > after)
            left = deadline - loop.time()
            if news or left <= 0 or self._world.closed:
                return answer(view)
            await self._world.bell.heard(left)

    async def write(self, request: web.Request) -> web.Response:
        """Send a text, or a file with an optional caption."""
        chat = self._chat(request)
        values = await body_of(request)
        text = str(values.get("text") or values.get("caption") or "")
        if "file" in values:
            photo = str(values.get("as", "")) == "photo"
            upload = _upload(values["file"])
            return answer(doings.send_file(self._world, chat, upload, text, photo=photo))
        return answer(doings.say(self._world, chat, text, _number(values, "reply_to", 0)))

    async def rewrite(self, request: web.Request) -> web.Response:
        """Edit one's own message."""
        number, values = int(request.match_info["message"]), await body_of(request)
        text = str(values.get("text", ""))
        return answer(doings.rewrite(self._world, self._chat(request), number, text))

    async def withdraw(self, request: web.Request) -> web.Response:
        """Delete a message for both sides."""
        number = int(request.match_info["message"])
        return answer(doings.withdraw(self._world, self._chat(request), number))

    async def press(self, request: web.Request) -> web.Response:
        """Press a button by its text (``button``), or forge a press with raw ``data``."""
        values = await body_of(request)
        label, data = values.get("button", values.get("text")), values.get("data")
        if label is None and data is None:
            raise Impossible(400, "say which button (its text), or give raw data")
        number = _number(values, "message_id", None)
        return answer(doings.press(self._world, self._chat(request), number, label, data))

    async def start(self, request: web.Request) -> web.Response:
        """Open the bot by a link: ``/start`` with an optional payload."""
        payload = str((await body_of(request)).get("payload") or "")
        words = f"/start {payload}".strip()
        return answer(doings.say(self._world, self._chat(request), words))

    async def block(self, request: web.Request) -> web.Response:
        """Block the bot."""
        return answer(doings.block(self._world, self._chat(request), blocked=True))

    async def unblock(self, request: web.Request) -> web.Response:
        """Unblock the bot."""
        return answer(doings.block(self._world, self._chat(request), blocked=False))

    async def file(self, request: web.Request) -> web.Response:
        """The bytes of a photo or document shown in a chat."""
        file = self._world.files.by_path(request.match_info["path"])
        if file is None:
            raise Impossible(404, "there is no such file")
        inline = file.mime in {"image/png", "image/jpeg", "image/gif"}
        return web.Response(
            body=file.data,
            content_type=file.mime if inline else "application/octet-stream",
            headers={"X-Content-Type-Options": "nosniff"},
        )

    def _chat(self, request: web.Request) -> Chat:
        user = int(request.match_info["user"])
        if not 0 < user < 2**52:
            raise Impossible(404, "user ids are positive and have at most 52 bits")
        return self._world.chat(user)


@web.middleware
async def explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn what cannot be done into JSON with a matching status."""
    try:
        response: web.StreamResponse = await handler(request)
    except Impossible as impossible:
        return answer(impossible.body, impossible.status)
    except Refusal as refusal:
        return answer({"error": refusal.description}, refusal.code)
    return response


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON response."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def body_of(request: web.Request) -> Json:
    """The body as a dict: a JSON object, or the fields of a form; raises Impossible."""
    if request.content_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return dict(await request.post())
    raw = await request.read()
    try:
        values = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise Impossible(400, "the body is not JSON") from error
    if not isinstance(values, dict):
        raise Impossible(400, "the body is not a JSON object")
    return values


def _number(values: Json, name: str, default: int | None) -> int:
    value = values.get(name, default)
    try:
        return int(str(value))
    except ValueError as error:
        raise Impossible(400, f"{name} is a number") from error


def _upload(value: Any) -> Upload:
    """A form's file, or {"name", "content" (base64), "mime"} of a JSON body."""
    if isinstance(value, web.FileField):
        return Upload(value.filename, value.content_type, value.file.read())
    try:
        content = base64.b64decode(value["content"], validate=True)
        return Upload(str(value["name"]), str(value.get("mime", "")), content)
    except (TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise Impossible(400, "file: a form file, or name and base64 content") from error
