"""Refusals of the local exchange: codes and sentences of the real one's error catalogue."""

from collections.abc import Mapping

QUANTITY_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"


class Refused(Exception):
    """A request answered with an error body ``{"code", "msg"}`` and an HTTP status."""

    def __init__(
        self,
        code: int,
        msg: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        data: object = None,
    ) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg
        self.status = status
        self.headers = dict(headers or {})
        self.data = data

    @property
    def body(self) -> dict[str, object]:
        """Error body as sent."""
        body: dict[str, object] = {"code": self.code, "msg": self.msg}
        if self.data is not None:
            body["data"] = self.data
        return body


def missing(name: str) -> Refused:
    """A mandatory parameter is absent or malformed."""
    return Refused(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def empty(name: str) -> Refused:
    """A parameter was sent without a value."""
    return Refused(-1105, f"Parameter '{name}' was empty.")


def surplus(name: str) -> Refused:
    """A parameter does not belong to this kind of request."""
    return Refused(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, legal: str) -> Refused:
    """A parameter holds characters outside its legal range."""
    return Refused(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )


def too_precise(name: str) -> Refused:
    """A number has more decimals than the asset."""
    return Refused(-1111, f"Parameter '{name}' has too much precision.")


def filter_failure(name: str) -> Refused:
    """A symbol filter does not let the order pass."""
    return Refused(-1013, f"Filter failure: {name}")


def rejected(msg: str) -> Refused:
    """The matching engine takes no such order."""
    return Refused(-2010, msg)


def insufficient_balance() -> Refused:
    """The account cannot pay for the order."""
    return rejected("Account has insufficient balance for requested action.")


def unknown_order() -> Refused:
    """There is no live order to cancel."""
    return Refused(-2011, "Unknown order sent.")


def no_such_order() -> Refused:
    """There is no order to show."""
    return Refused(-2013, "Order does not exist.")


def bad_symbol() -> Refused:
    """The symbol is not listed."""
    return Refused(-1121, "Invalid symbol.")


def bad_key() -> Refused:
    """The API key is unknown or lacks the right."""
    return Refused(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
