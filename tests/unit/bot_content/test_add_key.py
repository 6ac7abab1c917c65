"""Adding a key: secrets are deleted, checked before they are stored, and never shown."""

from dataclasses import replace

import pytest

from engine.core.account import KeyRights
from engine.core.bot_config import Mode
from engine.core.errors import ConfigError, KeyRefused, Unavailable
from engine.services import drafts
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import Chat

API_KEY = "A1b2C3d4" * 8
SECRET = "Z9y8X7w6" * 8


async def to_secret(chat):
    await chat.say("/keys")
    await chat.tap("Add key")
    await chat.tap("main")
    await chat.say(API_KEY)
    return chat


async def stored(chat):
    async with chat.ctx.office.storage.reading(chat.ctx.account.id) as unit:
        return await unit.keys.all()


async def test_a_good_key_is_checked_stored_and_shown_by_fingerprint_alone(office, chat):
    await to_secret(chat)
    assert chat.screen.forget_input
    await chat.say(SECRET)
    assert chat.screen.forget_input
    (key,) = await stored(chat)
    assert key.fingerprint in chat.text
    assert "812.5 USDT" in chat.text
    assert API_KEY not in chat.text
    assert SECRET not in chat.text
    assert office.key_check.tried[0].secret == SECRET
    assert await drafts.load(office, chat.ctx.account) is None
    assert ("account", f"key:{key.id}") in office.wake.heard


async def test_the_key_lies_in_no_row_in_plain_text(tmp_path):
    async with office_at(tmp_path) as office:
        chat = await to_secret(Chat(office, await account_of(office)))
        draft = await drafts.load(office, chat.ctx.account)
        assert API_KEY not in str(draft)
        await chat.say(SECRET)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert API_KEY.encode() not in content
    assert SECRET.encode() not in content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"can_withdraw": True}, "can withdraw"),
        ({"can_transfer": True}, "transfer money out"),
        ({"can_trade_spot": False}, "may trade neither"),
    ],
)
async def test_a_key_with_the_wrong_rights_is_refused(office, chat, changes, words):
    await to_secret(chat)
    office.key_check.rights = replace(office.key_check.rights, **changes)
    await chat.say(SECRET)
    assert words in chat.text
    assert chat.screen.forget_input
    assert not await stored(chat)
    assert "send the API key" in chat.text


@pytest.mark.parametrize(
    ("failure", "words", "next_prompt"),
    [
        (KeyRefused("Invalid API-key <x>", code=-2015), "-2015", "API key"),
        (Unavailable("down"), "cannot be reached", "now send the secret"),
        (ConfigError("no master key"), "operator", "now send the secret"),
    ],
)
async def test_each_failure_has_its_words(office, chat, failure, words, next_prompt):
    await to_secret(chat)
    office.key_check.failure = failure
    await chat.say(SECRET)
    assert words in chat.text
    assert next_prompt in chat.text
    assert chat.screen.forget_input
    assert not await stored(chat)
    office.key_check.failure = None
    if next_prompt == "API key":
        await chat.say(API_KEY)
    await chat.say(SECRET)
    assert len(await stored(chat)) == 1


@pytest.mark.parametrize("typed", ["short", "with a space in it", "ключ-ключ-ключ"])
async def test_what_is_no_key_is_deleted_and_not_repeated(chat, typed):
    await chat.say("/keys")
    await chat.tap("Add key")
    await chat.say("my label")
    await chat.say(typed)
    assert chat.screen.forget_input
    assert typed not in chat.text
    assert "does not look like one" in chat.text


async def test_a_secret_outside_of_the_conversation_is_deleted(chat):
    await chat.say(SECRET)
    assert chat.screen.forget_input
    assert SECRET not in chat.text


async def test_a_key_is_added_in_the_middle_of_a_new_bot(office, chat):
    await chat.say("/new")
    for label in (
        "Spot",
        "ETHUSDT",
        "My own",
        "5m",
        "EMA/RSI",
        "Next",
        "25",
        "1 %",
        "2 %",
        "Next",
        "Next",
    ):
        await chat.tap(label)
    await chat.tap("Demo account")
    assert "needs an exchange key" in chat.text
    await to_secret(chat)
    await chat.say(SECRET)
    await chat.tap("Continue")
    assert "8/9" in chat.text
    await chat.tap("Demo account")
    await chat.tap("Next")
    assert "DEMO" in chat.text
    await chat.tap("Create and start")
    async with office.storage.reading(chat.ctx.account.id) as unit:
        (bot,) = await unit.bots.all()
    assert bot.config.mode is Mode.LOCAL
    assert bot.config.key_id == (await stored(chat))[0].id


async def test_a_key_that_a_bot_uses_stays(office, chat):
    await test_a_key_is_added_in_the_middle_of_a_new_bot(office, chat)
    await chat.say("/keys")
    await chat.tap("main")
    assert "used by 1 bot" in chat.text
    await chat.tap("Remove")
    assert "1 bot uses this key" in chat.toast
    assert len(await stored(chat)) == 1


async def test_an_unused_key_is_removed_after_a_question(office, chat):
    await to_secret(chat)
    await chat.say(SECRET)
    await chat.tap("Keys")
    await chat.tap("main")
    await chat.tap("Remove")
    await chat.tap("Yes, remove")
    assert chat.toast == "Key removed"
    assert "No key yet" in chat.text


async def test_a_stored_key_is_tried_again(office, chat):
    await to_secret(chat)
    await chat.say(SECRET)
    await chat.tap("Keys")
    await chat.tap("main")
    office.key_check.rights = KeyRights(True, True, True, False, True)
    await chat.tap("Test")
    assert "can withdraw" in chat.text
    assert "refused by the exchange" in chat.text
    office.key_check.rights = KeyRights(True, True, False, False, True)
    await chat.tap("Test")
    assert "works for spot only, checked" in chat.text


async def test_the_same_key_or_label_is_stored_once(chat):
    await to_secret(chat)
    await chat.say(SECRET)
    await chat.tap("Keys")
    await chat.tap("Add key")
    await chat.say("MAIN")
    assert "taken" in chat.text
    await chat.say("second")
    await chat.say(API_KEY)
    await chat.say(SECRET)
    assert "stored already" in chat.text
    assert len(await stored(chat)) == 1


async def test_back_and_cancel_lead_out(chat):
    await to_secret(chat)
    await chat.tap("Back")
    assert "send the API key" in chat.text
    await chat.tap("Cancel")
    assert await drafts.load(chat.ctx.office, chat.ctx.account) is None


async def test_an_installation_on_paper_alone_takes_no_keys(tmp_path):
    async with office_at(tmp_path, modes=frozenset({Mode.PAPER})) as office:
        chat = Chat(office, await account_of(office))
        await chat.say("/keys")
        assert "paper only" in chat.text
        await chat.press("k:add::")
        assert "paper only" in chat.toast
