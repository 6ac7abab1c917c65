"""Telegram away, a refused token, a second poller: the chat comes back by itself."""

import asyncio
import logging

from tests.contract.chat.house import TOKEN, House, reborn, texts, until
from tests.fakes.office import account_of


async def test_the_chat_starts_while_telegram_is_away_and_works_when_it_comes(telegram, office):
    await telegram.stop()
    house = House(telegram, office)
    await account_of(office)
    house.start()

    assert house.chat.health.poll_age is None
    fresh = await reborn(telegram)
    await house.greeted()

    assert house.chat.health.poll_age < 5
    await house.close()
    await fresh.stop()


async def test_stopping_while_telegram_is_away_does_not_hang(telegram, office):
    await telegram.stop()
    house = House(telegram, office)
    await account_of(office)
    house.start()

    await house.close()


async def test_a_telegram_that_goes_away_and_comes_back_loses_no_message(house):
    ann, _ = await house.greeted()
    await house.telegram.stop()

    fresh = await reborn(house.telegram)
    await ann.say("are you there?")

    assert await texts(ann, 1) == ["heard 14"]
    await fresh.stop()


async def test_a_token_refused_for_a_while_works_again_later(house):
    ann, _ = await house.greeted()
    await house.fault(what="401", method="getUpdates", times=4)
    await ann.say("one")
    await texts(ann, 1)

    async def refused():
        return house.chat.health.refusals == 4

    await until(refused)
    await ann.say("two")

    assert await texts(ann, 1) == ["heard 3"]


async def test_another_poller_is_counted_and_told_in_plain_words(house, capsys):
    ann, _ = await house.greeted()
    await house.fault(what="409", method="getUpdates", times=2)
    await ann.say("one")
    await texts(ann, 1)

    async def conflicted():
        return house.chat.health.conflicts == 2

    await until(conflicted)
    await ann.say("two")
    await texts(ann, 1)

    assert "another program reads this bot's messages" in capsys.readouterr().out


async def test_messages_written_while_the_chat_was_off_are_not_acted_on(telegram, office):
    house = House(telegram, office, wall_ms=lambda: office.clock.now_ms() + 61_000)
    await account_of(office)
    ann = house.person()
    await ann.say("25")
    await ann.say("/start")
    house.start()

    late, card = await texts(ann, 2)

    assert "1 minute late" in late
    assert card == "Count 0"
    assert house.stage.log == []
    await house.close()


async def test_after_a_restart_old_updates_do_not_come_again(house):
    ann, card = await house.greeted()
    await ann.press(card, "count")
    await ann.read()

    await house.chat.stop()
    house.start()
    await ann.say("hello")
    await texts(ann, 1)

    assert house.stage.count == 1
    assert house.stage.log == [("hello", 2)]


async def test_no_log_line_holds_the_token(house, caplog, capsys):
    caplog.set_level(logging.INFO)
    ann, card = await house.greeted()
    await house.fault(what="401", method="getUpdates")
    await house.fault(what="500", method="sendMessage", text="news")
    await ann.press(card, "conflict")
    await house.alert("x")
    await texts(ann, 1)

    ours = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err
    assert all(TOKEN not in record.getMessage() for record in ours)


async def test_an_answer_that_never_ends_does_not_keep_the_chat_from_stopping(house):
    ann, card = await house.greeted()
    await ann.press(card, "slow")

    async def at_work():
        return bool(house.stage.log)

    await until(at_work)
    async with asyncio.timeout(5):
        await house.chat.stop(0.1)

    assert house.nursery.names == ["chat frame"]
