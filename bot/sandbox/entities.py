"""What happens to formatted text after parsing: cleaning, trimming, and finding what is clickable.

Follows the order of TDLib's fix_formatted_text; the patterns are simpler than the real ones (an
address without a scheme is only recognised for t.me).
"""

import re
from itertools import accumulate

from bot.sandbox.refusals import bad_request
from bot.sandbox.richtext import Entity, Text, parse_html, utf16_length

_FOUND = (
    ("url", re.compile(r"\b(?:https?://|t\.me/)[^\s<>\"]*[^\s<>\".,;:!?)\]]")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b", re.ASCII)),
    ("bot_command", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")),
    ("hashtag", re.compile(r"(?<![\w#&])#(?=\w*[^\W\d])\w{1,256}")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])")),
)
_FOREMOST = ("blockquote", "expandable_blockquote", "pre", "code", "text_link")
_LAST = ("bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji")
_RANKS = {kind: place - len(_FOREMOST) for place, kind in enumerate(_FOREMOST)} | {
    kind: place + 1 for place, kind in enumerate(_LAST)
}
_MONOSPACE = frozenset({"code", "pre"})
_OPAQUE = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji", "date_time"})
_MERGED = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_CONTROL = {code: " " for code in range(32) if code != 10} | {13: None}
_INVISIBLE = dict.fromkeys([*range(0x2028, 0x202F), 0x333, 0x33F])


def formatted(raw: str, parse_mode: str, entities: list[Entity] | None = None) -> Text:
    """Parse, clean and annotate ``raw``; raises a Refusal where the real server would.

    Only HTML and plain text are spoken here; the Markdown modes are refused.
    """
    cleaned = raw.translate(_CONTROL).translate(_INVISIBLE)
    match parse_mode.lower():
        case "html":
            text = parse_html(cleaned)
        case "" | "none":
            text = Text(cleaned, tuple(entities or ()))
        case _:
            raise bad_request("unsupported parse_mode")
    return annotated(text)


def annotated(text: Text) -> Text:
    """Trim the text, put its entities in order and add those found in the words."""
    trimmed = _trimmed(_tidied(text))
    taken = [_span(entity) for entity in trimmed.entities if entity["type"] in _OPAQUE]
    return Text(trimmed.text, _sorted([*trimmed.entities, *_found(trimmed.text, taken)]))


def _span(entity: Entity) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _sorted(entities: list[Entity]) -> tuple[Entity, ...]:
    def place(entity: Entity) -> tuple[int, int, int]:
        return entity["offset"], -entity["length"], _RANKS.get(entity["type"], 0)

    return tuple(sorted(entities, key=place))


def _tidied(text: Text) -> Text:
    """Nothing may stand inside code or pre; neighbours of one plain kind become one."""
    kept: list[Entity] = []
    monospaced_until = -1
    for entity in _sorted(list(text.entities)):
        end = _span(entity)[1]
        if end <= monospaced_until:
            continue
        if entity["type"] in _MONOSPACE:
            monospaced_until = max(monospaced_until, end)
        touching = next((e for e in kept if _joins(e, entity)), None)
        if touching is None:
            kept.append(dict(entity))
        else:
            touching["length"] = max(end, _span(touching)[1]) - touching["offset"]
    return Text(text.text, tuple(kept))


def _joins(kept: Entity, entity: Entity) -> bool:
    same = kept["type"] == entity["type"] and entity["type"] in _MERGED
    return same and entity["offset"] <= _span(kept)[1]


def _trimmed(text: Text) -> Text:
    """Cut spaces at the end, and at the beginning as far as no entity covers them."""
    words = text.text.rstrip()
    first = min((entity["offset"] for entity in text.entities), default=len(words))
    leading = min(len(words) - len(words.lstrip()), first)
    words = words[leading:]
    length = utf16_length(words)
    entities = []
    for entity in text.entities:
        begin, end = (place - leading for place in _span(entity))
        if min(end, length) > begin:
            entities.append(entity | {"offset": begin, "length": min(end, length) - begin})
    return Text(words, tuple(entities))


def _found(text: str, taken: list[tuple[int, int]]) -> list[Entity]:
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in text)]
    found: list[Entity] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            begin, end = offsets[match.start()], offsets[match.end()]
            if all(end <= low or begin >= high for low, high in taken):
                taken.append((begin, end))
                found.append({"type": kind, "offset": begin, "length": end - begin})
    return found
