"""`skipper check` says whether the model can be asked, and what is wrong when it cannot."""

import asyncio

import pytest

from bot.cli.root import run
from tests.fakes.model import serving, verdict

KEY = "a-key-for-the-model-0123456789"


async def checked(tmp_path, capfd, section):
    config = tmp_path / "skipper.toml"
    config.write_text(
        "[exchange]\nenvironment = 'local'\nbase_url = 'http://127.0.0.1:9'\n"
        f"[ai]\nmodel = 'stub-1'\n{section}"
    )
    code = await asyncio.to_thread(run, ["check", "--config", str(config)])
    out = capfd.readouterr().out
    assert code == 1  # nothing else of this installation is there
    assert KEY not in out
    return next(line for line in out.splitlines() if line.split()[1] == "ai")


@pytest.fixture(autouse=True)
def without_environment(monkeypatch):
    for name in ("SKIPPER_TELEGRAM_TOKEN", "SKIPPER_AI_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("provider", ["gemini", "openai"])
async def test_a_model_that_can_be_asked_is_named(provider, tmp_path, capfd):
    async with serving(verdict()) as stub:
        stub.key = KEY
        section = f"provider = '{provider}'\nbase_url = '{stub.url}'\napi_key = '{KEY}'"
        line = await checked(tmp_path, capfd, section)

    assert line.startswith("ok")
    assert "stub-1" in line


@pytest.mark.parametrize("provider", ["gemini", "openai"])
async def test_a_wrong_key_is_named_as_such(provider, tmp_path, capfd):
    async with serving(verdict()) as stub:
        stub.key = "another"
        section = f"provider = '{provider}'\nbase_url = '{stub.url}'\napi_key = '{KEY}'"
        line = await checked(tmp_path, capfd, section)

    assert line.startswith("FAILED")
    assert "refuses the key (HTTP 401): see ai.api_key" in line


async def test_a_missing_key_is_named(tmp_path, capfd):
    line = await checked(tmp_path, capfd, "provider = 'gemini'")

    assert "no key for Gemini: set ai.api_key or ai.api_key_file, or SKIPPER_AI_KEY" in line


async def test_without_a_provider_it_is_off(tmp_path, capfd):
    assert (await checked(tmp_path, capfd, "")).split() == ["ok", "ai", "off"]
