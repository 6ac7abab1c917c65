"""Formatted text as Telegram understands it: HTML in, plain text and UTF-16 entities out.

The accepted tags, the order of the checks and the wording of the refusals follow the published
source of TDLib (parse_html), the library inside the real Bot API server.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.refusals import bad_request

Entity = dict[str, Any]

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"([^\s=>]+)\s*(?:(=)\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.\-]*)))?")


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text with its entities; offsets and lengths count UTF-16 code units."""

    text: str = ""
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    piece: int


def utf16_length(text: str) -> int:
    """Number of UTF-16 code units of ``text``."""
    return len(text) + sum(character > "\uffff" for character in text)


def parse_html(source: str) -> Text:
    """Turn Telegram's HTML into text and entities; raises a Refusal in Telegram's words."""
    return _Reader(source).read()


def _decode_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED.get(name, match.group())
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if code == 0 or code >= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return match.group()
    return chr(code)


class _Reader:
    """One pass over one HTML text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.pieces: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> Text:
        while self.at < len(self.source):
            tag = self.source.find("<", self.at)
            end = len(self.source) if tag < 0 else tag
            self._plain(self.source[self.at : end])
            self.at = end
            if tag < 0:
                break
            if self.source.startswith("</", self.at):
                self._close_tag()
            else:
                self._open_tag()
        if self.open:
            raise bad_request(
                "can't parse entities: Can't find end tag corresponding to start tag"
                f' "{self.open[-1].tag}"'
            )
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return Text("".join(self.pieces), tuple(self.entities))

    def _plain(self, raw: str) -> None:
        piece = _REFERENCE.sub(_decode_reference, raw)
        self.pieces.append(piece)
        self.length += utf16_length(piece)

    def _open_tag(self) -> None:
        begin = self.at
        name_end = _match_end(_TAG_NAME, self.source, begin + 1)
        if name_end == len(self.source):
            raise self._unparsable("Unclosed start tag", begin)
        tag = self.source[begin + 1 : name_end].lower()
        if tag not in _TAGS:
            raise self._unparsable(f'Unsupported start tag "{tag}"', begin)
        attributes = self._attributes(tag, name_end, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self._unparsable('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_Open(tag, attributes, self.length, len(self.pieces)))

    def _attributes(self, tag: str, at: int, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            while self.source[at : at + 1].isspace():
                at += 1
            if self.source[at : at + 1] == ">":
                self.at = at + 1
                return attributes
            if at >= len(self.source):
                raise self._unparsable("Unclosed start tag", begin)
            name, value, at = self._attribute(tag, at, begin)
            attributes[name] = _REFERENCE.sub(_decode_reference, value)

    def _attribute(self, tag: str, at: int, begin: int) -> tuple[str, str, int]:
        match = _ATTRIBUTE.match(self.source, at)
        if match is None:
            raise self._unparsable(f'Empty attribute name in the tag "{tag}"', begin)
        name, equals, double, single, token = match.groups()
        if not equals and (tag, name) != ("blockquote", "expandable"):
            raise self._unparsable(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}"', begin
            )
        following = self.source[match.end() : match.end() + 1]
        if following in {"", '"', "'"} and double is None and single is None and equals:
            raise self._unparsable("Unclosed start tag", begin)
        if token and not following.isspace() and following != ">":
            raise self._unparsable("Unexpected end of name token", match.start(5))
        return name, double or single or (token or "").lower(), match.end()

    def _close_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._unparsable("Unexpected end tag", begin)
        end = self.source.find(">", begin)
        if end < 0:
            raise self._unparsable("Unclosed end tag", begin)
        found = self.source[begin + 2 : end].strip().lower()
        opened = self.open.pop()
        if found and found != opened.tag:
            raise self._unparsable(
                "Unmatched end tag",
                begin,
                f', expected "</{opened.tag}>", found "</{found}>"',
            )
        self.at = end + 1
        if self.length > opened.offset:
            self._add(opened)

    def _add(self, opened: _Open) -> None:
        inner = "".join(self.pieces[opened.piece :])
        entity: Entity = {
            "type": _TAGS[opened.tag],
            "offset": opened.offset,
            "length": self.length - opened.offset,
        }
        attributes = opened.attributes
        match opened.tag:
            case "a":
                entity = _link(entity, attributes.get("href") or inner)
            case "pre":
                self._join_language(entity)
            case "code" if attributes.get("class", "").startswith("language-"):
                entity["language"] = attributes["class"].removeprefix("language-")
            case "blockquote" if "expandable" in attributes:
                entity["type"] = "expandable_blockquote"
            case "tg-emoji":
                entity["custom_emoji_id"] = attributes.get("emoji-id", "")
            case "tg-time":
                entity |= _moment(attributes)
            case _:
                pass
        if entity:
            self.entities.append(entity)

    def _join_language(self, pre: Entity) -> None:
        """``<pre><code class="language-x">`` is one entity: pre with a language."""
        last = self.entities[-1] if self.entities else {}
        same = (last.get("offset"), last.get("length")) == (pre["offset"], pre["length"])
        if same and last.get("type") == "code" and "language" in last:
            pre["language"] = self.entities.pop()["language"]

    def _unparsable(self, problem: str, position: int, tail: str = "") -> Exception:
        offset = len(self.source[:position].encode())
        return bad_request(f"can't parse entities: {problem} at byte offset {offset}{tail}")


def _match_end(pattern: re.Pattern[str], source: str, at: int) -> int:
    match = pattern.match(source, at)
    return at if match is None else match.end()


def _link(entity: Entity, target: str) -> Entity:
    """A text link; what is no address stays plain text, as on the real server."""
    if re.fullmatch(r"[a-z][a-z0-9+.\-]*:\S+", target, re.IGNORECASE):
        return entity | {"url": target}
    if re.fullmatch(r"[^\s/]+\.[^\s]+", target):
        return entity | {"url": f"http://{target}"}
    return {}


def _moment(attributes: dict[str, str]) -> Entity:
    moment: Entity = {"unix_time": int(attributes.get("unix", "0") or 0)}
    if attributes.get("format"):
        moment["date_time_format"] = attributes["format"]
    return moment
