"""Packages of third parties, written to a folder and put on the path as an installer would."""

import sys
from importlib import invalidate_caches

import pytest

from engine.strategies import registry

HEAD = "from engine.strategies.base import Param\nfrom engine.strategies.frames import Plugin\n"
WILD = (
    HEAD
    + """
import ctypes, os, signal, sys

def signals(candles, params):
    deed = params["deed"]
    if deed == "raise":
        raise RuntimeError("no luck")
    if deed == "hang":
        while True:
            pass
    if deed == "leave":
        os._exit(0)
    if deed == "exit":
        sys.exit("enough")
    if deed == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if deed == "eat":
        return bytes(6 * 1024**3)
    return {
        "nan": ("BUY", float("nan"), "sure"),
        "huge": ("BUY", 10**9, "sure"),
        "negative": ("BUY", -1, "sure"),
        "text": ("BUY", "99", "sure"),
        "word": ("MAYBE", 99, "sure"),
        "nothing": None,
        "list": ["BUY", 99, "sure"],
        "frame": candles,
        "numpy": ("HOLD", candles["close"].gt(0).sum() // 2, "fine"),
        "buy": ("BUY", 90, "  a\\nbreakout  "),
    }[deed]

DEEDS = ("raise", "hang", "leave", "exit", "crash", "eat", "nan", "huge", "negative", "text",
         "word", "nothing", "list", "frame", "numpy", "buy")
STRATEGY = Plugin(
    name="wild", title="Wild", signals=signals,
    params=(Param("deed", "choice", "buy", "what it does.", choices=DEEDS),),
)
"""
)


class Shelf:
    """A folder of installed packages."""

    def __init__(self, path):
        self.path = path

    def add(self, name, code, value=None):
        """A package of one module, whose entry point is ``value``."""
        (self.path / f"{name}.py").write_text(code)
        info = self.path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        point = f"{name} = {value or f'{name}:STRATEGY'}"
        (info / "entry_points.txt").write_text(f"[skipper.strategies]\n{point}\n")
        invalidate_caches()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    path = tmp_path / "packages"
    path.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(path)])
    yield Shelf(path)
    registry.forget_registered()
