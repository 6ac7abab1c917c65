"""`skipper check` against the local exchange: which of its two halves is not well."""

import asyncio

import pytest

from bot.cli.root import run
from tests.contract.exchange.lab import running


async def checked(lab, tmp_path, capfd):
    """The exit code, and what is said of each part."""
    config = tmp_path / "skipper.toml"
    config.write_text(f"[exchange]\nenvironment = 'local'\nbase_url = '{lab.exchange.url}'\n")
    code = await asyncio.to_thread(run, ["check", "--config", str(config)])
    told = [line.split(maxsplit=2) for line in capfd.readouterr().out.splitlines()]
    return code, {part: (verdict, words) for verdict, part, words in told}


@pytest.mark.parametrize(
    ("path", "ill", "well"), [("/fapi/*", "futures", "spot"), ("/api/*", "spot", "futures")]
)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"what": "drop_before"}, "ServerDisconnectedError"),
        ({"what": "status", "status": 418, "code": -1003, "msg": "banned"}, "banned"),
        ({"what": "status", "status": 200, "body": "<html>"}, "BinanceRequestException"),
    ],
)
async def test_one_line_names_the_half_that_is_ill_and_the_other_is_well(
    path, ill, well, fault, words, tmp_path, capfd, monkeypatch
):
    monkeypatch.delenv("SKIPPER_TELEGRAM_TOKEN", raising=False)
    async with running() as lab:
        await lab.control("faults", path=path, times=None, **fault)
        code, told = await checked(lab, tmp_path, capfd)
    assert code == 1
    assert told[ill][0] == "FAILED"
    assert f"local {ill} does not answer" in told[ill][1]
    assert words in told[ill][1]
    assert told[well][0] == "ok"
