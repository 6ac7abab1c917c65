"""The catalogue of every sentence that a person reads: loading, filling in, escaping."""

import html
import tomllib
from importlib import resources

_PLURAL = ("one", "other")


class Texts:
    """One language. Keys are dotted paths of the TOML file.

    ``say`` fills in figures and escapes them; catalogue entries are HTML, figures never are. An
    entry with ``one`` and ``other`` is chosen by the figure named ``n``.
    """

    def __init__(self, language: str = "en") -> None:
        source = resources.files("bot.texts").joinpath(f"{language}.toml")
        self._entries = tomllib.loads(source.read_text(encoding="utf-8"))
        self.language = language

    def say(self, key: str, **figures: object) -> str:
        """The sentence as HTML; raises KeyError for an unknown key or a missing figure."""
        entry: object = self._entries
        for part in key.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        if isinstance(entry, dict):
            entry = entry.get(_PLURAL[0] if figures.get("n") in {1, "1"} else _PLURAL[1])
        if not isinstance(entry, str):
            raise KeyError(f"no text {key!r} in {self.language}")
        safe = {name: html.escape(str(value), quote=False) for name, value in figures.items()}
        return entry.format(**safe)

    def plain(self, key: str, **figures: object) -> str:
        """The sentence as plain text, for button labels and toasts."""
        return html.unescape(self.say(key, **figures))

    def names(self, table: str) -> list[str]:
        """Keys of a table in the catalogue's own order."""
        entries = self._entries[table]
        return list(entries) if isinstance(entries, dict) else []

    def has(self, key: str) -> bool:
        """Whether the catalogue has this key."""
        try:
            self.say(key)
        except KeyError as missing:
            return "no text" not in str(missing)
        return True
