"""Google's Gemini API: ``models/{model}:generateContent`` with a response schema.

Source: ai.google.dev, API reference of generateContent, GenerationConfig and Schema.
"""

from typing import Any
from urllib.parse import quote

from engine.advisors.envelope import at, opened, tokens
from engine.advisors.line import Heard, Line
from engine.core.errors import ConfigError
from engine.ports.advisor import Reply
from engine.ports.clock import Clock
from engine.strategies.ai.answer import FIELDS, SIGNALS

PROVIDER = "gemini"
_MOST_TOKENS = 4_096
_TYPES = {"string": "STRING", "integer": "INTEGER", "price": "NUMBER"}
_THINKS_OPTIONALLY = ("gemini-2.5-flash",)


class Gemini:
    """Implements the Advisor port. ``address`` ends with the API's version."""

    provider = PROVIDER

    def __init__(self, address: str, model: str, key: str, clock: Clock) -> None:
        self.model = model
        self._url = f"{address}/models/{quote(model, safe='')}"
        self._line = Line({"x-goog-api-key": key}, clock)

    @property
    def resting(self) -> bool:
        """Whether the service asked to be left alone for a while."""
        return self._line.resting

    async def ask(self, instructions: str, data: str) -> Reply:
        """The model's answer."""
        body = {
            "systemInstruction": {"parts": [{"text": instructions}]},
            "contents": [{"role": "user", "parts": [{"text": data}]}],
            "generationConfig": self._generation(),
        }
        return _reply(await self._line.send("POST", f"{self._url}:generateContent", body))

    async def check(self) -> str:
        """Name of the model as the service has it."""
        heard = await self._line.send("GET", self._url)
        if heard.status in {400, 401, 403}:
            raise ConfigError(f"Gemini refuses the key (HTTP {heard.status}): see ai.api_key")
        if heard.status == 404:
            raise ConfigError(f"Gemini has no model {self.model}: see ai.model")
        if heard.problem or at(opened(heard.body), "name") is None:
            raise ConfigError(f"Gemini does not answer ({heard.problem or 'no_answer'})")
        return f"Gemini, {self.model}"

    async def close(self) -> None:
        """Let go of the connection."""
        await self._line.close()

    def _generation(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "responseMimeType": "application/json",
            "responseSchema": _schema(),
            "temperature": 0,
            "candidateCount": 1,
            "maxOutputTokens": _MOST_TOKENS,
        }
        if self.model.startswith(_THINKS_OPTIONALLY):
            # Thinking takes longer than a candle's price holds, and its tokens cost as answers do.
            config["thinkingConfig"] = {"thinkingBudget": 0}
        return config


def _schema() -> dict[str, Any]:
    properties: dict[str, dict[str, Any]] = {}
    for name, (kind, meaning) in FIELDS.items():
        properties[name] = {"type": _TYPES[kind], "description": meaning}
        if kind == "price":
            properties[name]["nullable"] = True
    properties["signal"]["enum"] = list(SIGNALS)
    return {
        "type": "OBJECT",
        "properties": properties,
        "required": list(FIELDS),
        "propertyOrdering": list(FIELDS),
    }


def _reply(heard: Heard) -> Reply:
    if heard.problem:
        return Reply(problem=heard.problem)
    said = opened(heard.body)
    usage = at(said, "usageMetadata")
    used = (
        tokens(at(usage, "promptTokenCount")),
        tokens(at(usage, "candidatesTokenCount"), at(usage, "thoughtsTokenCount")),
    )
    reason = at(said, "candidates", 0, "finishReason")
    parts = at(said, "candidates", 0, "content", "parts")
    if at(said, "promptFeedback", "blockReason") is not None:
        return Reply("", "blocked", *used)
    texts = [at(part, "text") for part in parts] if isinstance(parts, list) else []
    if reason == "MAX_TOKENS":
        return Reply("".join(t for t in texts if isinstance(t, str)), "cut", *used)
    if reason not in {"STOP", None}:
        return Reply("", "blocked", *used)
    if not texts or not all(isinstance(text, str) for text in texts):
        return Reply("", "no_answer", *used)
    return Reply("".join(texts), "", *used)
