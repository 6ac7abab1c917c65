"""Chat completions as OpenAI defines them; many services and local programs speak them too.

Source: platform.openai.com, API reference of chat completions and guide to structured outputs.
Only what all of them know is sent: no temperature and no token limit, whose names and bounds
differ from model to model.
"""

from typing import Any

from engine.advisors.envelope import at, opened, tokens
from engine.advisors.line import Heard, Line
from engine.core.errors import ConfigError
from engine.ports.advisor import Reply
from engine.ports.clock import Clock
from engine.strategies.ai.answer import FIELDS, SIGNALS

PROVIDER = "openai"
_TYPES: dict[str, Any] = {"string": "string", "integer": "integer", "price": ["number", "null"]}


class OpenAiCompatible:
    """Implements the Advisor port. ``address`` ends with the API's version; ``key`` may be ""."""

    provider = PROVIDER

    def __init__(self, address: str, model: str, key: str, clock: Clock) -> None:
        self.model = model
        self._address = address
        self._line = Line({"Authorization": f"Bearer {key}"} if key else {}, clock)

    @property
    def resting(self) -> bool:
        """Whether the service asked to be left alone for a while."""
        return self._line.resting

    async def ask(self, instructions: str, data: str) -> Reply:
        """The model's answer."""
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": data},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": _schema()},
            },
        }
        return _reply(await self._line.send("POST", f"{self._address}/chat/completions", body))

    async def check(self) -> str:
        """The model, if the service lists it."""
        heard = await self._line.send("GET", f"{self._address}/models")
        where = f"the model service at {self._address}"
        if heard.status in {401, 403}:
            raise ConfigError(f"{where} refuses the key (HTTP {heard.status}): see ai.api_key")
        listed = at(opened(heard.body), "data")
        if heard.problem or not isinstance(listed, list):
            raise ConfigError(f"{where} does not answer ({heard.problem or 'no_answer'})")
        if self.model not in [at(each, "id") for each in listed]:
            raise ConfigError(f"{where} has no model {self.model}: see ai.model")
        return f"{self.model}, at {self._address}"

    async def close(self) -> None:
        """Let go of the connection."""
        await self._line.close()


def _schema() -> dict[str, Any]:
    properties: dict[str, dict[str, Any]] = {
        name: {"type": _TYPES[kind], "description": meaning}
        for name, (kind, meaning) in FIELDS.items()
    }
    properties["signal"]["enum"] = list(SIGNALS)
    return {
        "type": "object",
        "properties": properties,
        "required": list(FIELDS),
        "additionalProperties": False,
    }


def _reply(heard: Heard) -> Reply:
    if heard.problem:
        return Reply(problem=heard.problem)
    said = opened(heard.body)
    used = (
        tokens(at(said, "usage", "prompt_tokens")),
        tokens(at(said, "usage", "completion_tokens")),
    )
    choice = at(said, "choices", 0)
    reason, text = at(choice, "finish_reason"), at(choice, "message", "content")
    if reason == "content_filter" or at(choice, "message", "refusal"):
        return Reply("", "blocked", *used)
    if reason == "length":
        return Reply(text if isinstance(text, str) else "", "cut", *used)
    if not isinstance(text, str):
        return Reply("", "no_answer", *used)
    return Reply(text, "", *used)
