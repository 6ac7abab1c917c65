"""The analyst's settings: off by itself, its key as well kept as the bot's token."""

import pytest

from engine.core.errors import ConfigError
from engine.runtime.settings import load_settings

KEY = "AIzaSy-not-a-real-key-0123456789"


@pytest.fixture
def load(tmp_path):
    def loader(text, environ=None):
        file = tmp_path / "skipper.toml"
        file.write_text(text)
        return load_settings(file, environ or {}).ai

    return loader


def test_without_a_word_nobody_is_asked(load):
    assert load("").on is False


def test_gemini_has_a_model_and_an_address_of_its_own(load):
    ai = load("[ai]\nprovider = 'gemini'")

    assert ai.asked_model == "gemini-2.5-flash"
    assert ai.address == "https://generativelanguage.googleapis.com/v1beta"


def test_the_key_of_the_environment_goes_before_that_of_the_file(load, tmp_path):
    (tmp_path / "ai.key").write_text(f"{KEY}-of-the-file\n")
    text = "[ai]\nprovider = 'gemini'\napi_key_file = 'ai.key'"

    assert load(text).api_key.get_secret_value() == f"{KEY}-of-the-file"
    assert load(text, {"SKIPPER_AI_KEY": KEY}).api_key.get_secret_value() == KEY


def test_a_key_is_never_printed(load):
    ai = load(f"[ai]\nprovider = 'gemini'\napi_key = '{KEY}'")

    assert KEY not in repr(ai) + str(ai)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"api_key = '{KEY} with a space'", "must be a key of 8 to 512 characters"),
        (f"api_key = '{KEY}'\napi_key_file = 'x'", "give api_key or api_key_file, not both"),
        ("provider = 'openai'", "provider openai needs a model"),
        ("provider = 'gemini'\nprice_in = 0.3", "give price_in and price_out, or neither"),
        ("provider = 'oracle'", "allowed are 'off', 'gemini' or 'openai'"),
        ("provider = 'gemini'\nmodel = '../keys?x'", "model = "),
        ("provider = 'gemini'\napi_key_file = 'missing'", "cannot be read"),
    ],
)
def test_what_cannot_be_is_named_without_the_key(load, text, said):
    with pytest.raises(ConfigError) as caught:
        load(f"[ai]\n{text}")

    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_key_that_no_header_carries_is_refused_wherever_it_comes_from(load):
    with pytest.raises(ConfigError, match="SKIPPER_AI_KEY: must be a key") as caught:
        load("[ai]\nprovider = 'gemini'", {"SKIPPER_AI_KEY": "secret\nkey of two lines"})

    assert "two lines" not in str(caught.value)
