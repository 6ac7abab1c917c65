"""Files that people and the bot sent, kept in memory."""

import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.params import Upload
from bot.sandbox.refusals import Refusal, bad_request

UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
_SIDES_LIMIT = 10_000
_RATIO_LIMIT = 20

Kind = Literal["photo", "document"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file; ``width`` and ``height`` are pixels, 0 for what is no picture."""

    file_id: str
    unique_id: str
    path: str
    name: str
    mime: str
    data: bytes
    width: int = 0
    height: int = 0

    def as_file(self) -> dict[str, Any]:
        """The File object of getFile."""
        return self._ids() | {"file_path": self.path}

    def as_document(self) -> dict[str, Any]:
        """The Document object of a message."""
        return self._ids() | {"file_name": self.name, "mime_type": self.mime}

    def as_photo(self) -> list[dict[str, Any]]:
        """The PhotoSize list of a message; the sandbox keeps one size."""
        return [self._ids() | {"width": self.width, "height": self.height}]

    def _ids(self) -> dict[str, Any]:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.data),
        }


class Files:
    """The file store of one sandbox."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, upload: Upload, kind: Kind) -> StoredFile:
        """Check and keep an upload; raises a Refusal for what the real server would not take."""
        size = len(upload.data)
        if size > UPLOAD_LIMIT:
            raise Refusal(413, "Request Entity Too Large")
        if size == 0:
            raise bad_request("file must be non-empty")
        width, height = _checked_picture(upload) if kind == "photo" else (0, 0)
        number = len(self._by_id) + 1
        suffix = upload.name.rpartition(".")[2] if "." in upload.name else "bin"
        stored = StoredFile(
            file_id=f"sandbox-{kind}-{number}",
            unique_id=hashlib.sha256(upload.data).hexdigest()[:16],
            path=f"{kind}s/file_{number}.{suffix}",
            name=upload.name,
            mime=_mime(upload),
            data=upload.data,
            width=width,
            height=height,
        )
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored

    def by_id(self, file_id: str) -> StoredFile:
        """The file of an id; raises a Refusal when there is none."""
        if file_id not in self._by_id:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return self._by_id[file_id]

    def by_path(self, path: str) -> StoredFile | None:
        """The file of a file_path, if there is one."""
        return self._by_path.get(path)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF or JPEG; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk the JPEG segments (ITU-T T.81, annex B) up to the frame header."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _checked_picture(upload: Upload) -> tuple[int, int]:
    size = len(upload.data)
    if size > PHOTO_LIMIT:
        raise bad_request(f"file of size {size} bytes is too big for a photo")
    sides = picture_size(upload.data)
    if sides is None or min(sides) == 0:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(sides) > _SIDES_LIMIT or max(sides) > _RATIO_LIMIT * min(sides):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return sides


def _mime(upload: Upload) -> str:
    known = (b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif")
    for magic, mime in known:
        if upload.data.startswith(magic):
            return mime
    return upload.mime or "application/octet-stream"
