"""A person at the local Telegram: says, taps, reads, and waits until something is shown."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

Message = dict[str, Any]
PATIENCE = 20.0


class Person:
    """One Telegram user; ``board`` is what the bot shows now, by message id."""

    def __init__(self, http: httpx.AsyncClient, user: int) -> None:
        self._http = http
        self._home = f"/sandbox/users/{user}"
        self._seen = 0
        self.board: dict[int, Message] = {}
        self.shown: list[Message] = []
        self.toasts: list[str] = []

    async def say(self, text: str) -> int:
        answer = await self._post("/messages", text=text)
        return answer["message_id"]

    async def press(self, label: str, where: Message | None = None) -> None:
        """Tap the newest button whose text contains ``label``."""
        message = where or await self.sees(lambda m: _button(m, label) is not None)
        button = _button(message, label)
        assert button is not None, f"no button {label!r} on {message['text']!r}"
        await self._post("/press", message_id=message["id"], button=button["text"])

    async def forge(self, message: Message, data: str) -> None:
        await self._post("/press", message_id=message["id"], data=data)

    async def reads(self, part: str, patience: float = PATIENCE) -> Message:
        """The newest message whose text contains ``part``, waited for."""
        return await self.sees(lambda m: part in m["text"], patience, what=part)

    async def sees(
        self, fits: Callable[[Message], bool], patience: float = PATIENCE, what: str = ""
    ) -> Message:
        """The newest message shown now that fits, waited for."""
        async with asyncio.timeout(patience + 1):
            deadline = asyncio.get_running_loop().time() + patience
            while True:
                for message in reversed(self.board.values()):
                    if fits(message):
                        return message
                left = deadline - asyncio.get_running_loop().time()
                texts = [m["text"] for m in self.board.values()][-4:]
                assert left > 0, f"never saw {what or 'it'}; last shown: {texts}"
                await self.look(min(left, 2.0))

    async def look(self, wait: float = 0.0) -> None:
        """Take in everything that happened since the last look."""
        query = {"after": self._seen, "wait": wait}
        answer = await self._http.get(self._home + "/messages", params=query, timeout=wait + 10)
        view = answer.raise_for_status().json()
        self._seen = view["seq"]
        for message in view["messages"]:
            message["text"] = message["text"] or ""
            self.board.pop(message["id"], None)
            self.shown.append(message)
            if not message["deleted"]:
                self.board[message["id"]] = message
        self.toasts += [toast["text"] for toast in view["toasts"]]

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self._http.post(self._home + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _button(message: Message, label: str) -> dict[str, Any] | None:
    for row in message["buttons"]:
        for button in row:
            if label in button["text"]:
                return button
    return None
