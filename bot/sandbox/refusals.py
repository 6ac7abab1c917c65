"""What the Bot API answers when it says no."""

from typing import Any

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
QUERY_TOO_OLD = (
    "query is too old and response timeout expired or query ID is invalid"  # both cases, one text
)
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
    " is running"
)
PREFIXES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Refusal(Exception):
    """A call that is answered with ok:false; the HTTP status equals ``code``."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON object a client sees."""
        answer: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(words: str) -> Refusal:
    """A 400 whose first letter is lowered, as the real server does, unless it shouts."""
    shouting = len(words) > 1 and (words[1].isupper() or words[1] == "_")
    lowered = words if shouting else words[:1].lower() + words[1:]
    return Refusal(400, f"Bad Request: {lowered}")


def forbidden(words: str) -> Refusal:
    """A 403: the person cannot be reached any more."""
    return Refusal(403, f"Forbidden: {words}")


def too_many(seconds: int) -> Refusal:
    """A 429 that asks for a pause of ``seconds``."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
