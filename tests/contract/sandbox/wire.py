"""The real client library pointed at a sandbox, with every answer checked, and people to act."""

import json
from typing import Any

import httpx
import telegram
from telegram.request import HTTPXRequest

from tests.contract.sandbox.spec import problems_of_answer, problems_of_call

TOKEN = "4200042:" + "T" * 35
RESULTS = {
    "getme": telegram.User,
    "getchat": telegram.ChatFullInfo,
    "getfile": telegram.File,
    "getupdates": telegram.Update,
    "getwebhookinfo": telegram.WebhookInfo,
    "getmycommands": telegram.BotCommand,
    "getchatmenubutton": telegram.MenuButton,
    "getmyname": telegram.BotName,
    "getmydescription": telegram.BotDescription,
    "getmyshortdescription": telegram.BotShortDescription,
    "copymessage": telegram.MessageId,
}
"""What each method answers; every other answer that is an object is a Message."""


class RecordingRequest(HTTPXRequest):
    """The client's own transport, without proxies, remembering what the server answered."""

    def __init__(self, answers: list[tuple[str, int, bytes]], **options: Any) -> None:
        super().__init__(httpx_kwargs={"trust_env": False}, **options)
        self._answers = answers

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(url, *args, **kwargs)
        if "/file/" not in url:
            self._answers.append((url.rpartition("/")[2], code, payload))
        return code, payload


def check_answers(answers: list[tuple[str, int, bytes]]) -> None:
    """Every answer fits the specification and leaves the client's parser nothing unknown."""
    for method, code, payload in answers:
        body = json.loads(payload)
        if not body["ok"]:
            assert body["error_code"] == code
            assert isinstance(body["description"], str)
            continue
        assert code == 200
        assert problems_of_answer(method, body["result"]) == []
        results = body["result"] if isinstance(body["result"], list) else [body["result"]]
        for result in results:
            if isinstance(result, dict):
                kind = RESULTS.get(method.lower(), telegram.Message)
                assert_fully_parsed(kind.de_json(result))


def check_calls(calls: list[dict[str, Any]]) -> None:
    """The library speaks to the sandbox as the specification says."""
    wrong = [p for c in calls for p in problems_of_call(c["method"], c["params"], c["files"])]
    assert wrong == []


def assert_fully_parsed(value: Any) -> None:
    """No object at any depth holds a field the client does not know."""
    if isinstance(value, telegram.TelegramObject):
        assert dict(value.api_kwargs) == {}, value
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                if not name.startswith("_") and name != "api_kwargs":
                    assert_fully_parsed(getattr(value, name, None))
    elif isinstance(value, list | tuple):
        for item in value:
            assert_fully_parsed(item)


class Person:
    """One human at the sandbox's user side."""

    def __init__(self, http: httpx.AsyncClient, user: int) -> None:
        self.http = http
        self.home = f"/sandbox/users/{user}"
        self.seen = 0

    async def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        response = await self.http.post(self.home + path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    async def say(self, text: str) -> int:
        return (await self.post("/messages", text=text))["message_id"]

    async def press(self, message_id: int, button: str) -> dict[str, Any]:
        return await self.post("/press", message_id=message_id, button=button)

    async def look(self, wait: float = 5, **options: Any) -> dict[str, Any]:
        """What is new since the last look."""
        query = {"after": self.seen, "wait": wait} | options
        view = (await self.http.get(self.home + "/messages", params=query)).json()
        self.seen = view["seq"]
        return view

    async def read(self) -> dict[str, Any]:
        """The newest message the bot showed since the last look."""
        while not (messages := (await self.look())["messages"]):
            pass
        return messages[-1]
