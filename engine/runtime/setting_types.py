"""What settings are made of: sections, and the kinds of values that stand in several of them."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo


def beside_file(path: Path, info: ValidationInfo) -> Path:
    """A relative path counts from the folder of the settings file."""
    if not str(path).isprintable():
        raise ValueError("must be a path without control characters")
    folder: Path = info.context or Path()
    return path if path.is_absolute() else folder / path


def _web_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise ValueError("must be an address that starts with http:// or https://")
    return address.rstrip("/")


FilePath = Annotated[Path, AfterValidator(beside_file)]
Address = Annotated[str, AfterValidator(_web_address)]


class Section(BaseModel):
    """A part of the file: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
