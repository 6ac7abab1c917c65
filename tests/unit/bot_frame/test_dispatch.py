"""The table: one function per button and command."""

from types import ModuleType

import pytest

from bot.actions import Action, encode
from bot.dispatch import TABLE, merge
from bot.texts import Texts


async def screen(_ctx, _what):
    raise NotImplementedError


def module(name, **contents):
    made = ModuleType(name)
    made.__dict__.update(contents)
    return made


def test_two_modules_cannot_claim_the_same_button():
    one = module("one", ACTIONS={("b", "card"): screen})
    other = module("other", ACTIONS={("b", "card"): screen})

    with pytest.raises(ValueError, match="other defines again"):
        merge((one, other), screen)


def test_two_modules_cannot_claim_the_same_command():
    one = module("one", COMMANDS={"/home": screen})
    other = module("other", COMMANDS={"/home": screen})

    with pytest.raises(ValueError, match="/home"):
        merge((one, other), screen)


def test_every_button_of_the_product_can_be_encoded():
    for area, verb in TABLE.screens:
        encode(Action(area, verb))


def test_every_command_of_the_product_can_be_offered_in_a_menu():
    for name in TABLE.commands:
        assert name.startswith("/")
        assert name[1:].isascii()
        assert name == name.lower()
        assert len(name) <= 33


def test_the_frame_says_nothing_that_the_catalogue_does_not_have():
    texts = Texts()
    keys = ("busy", "slow_down", "late", "only_text", "private_only", "unknown_button")
    rest = ("unknown_command", "secret_stays", "undrawn", "minutes")

    assert all(texts.has(f"chat.{key}") for key in keys + rest)
    assert "E7" in texts.say("error.internal", ref="E7")
