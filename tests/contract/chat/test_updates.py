"""Updates over the wire: order, strangers, taps, errors."""

import asyncio

from tests.contract.chat.house import texts, toasts
from tests.fakes.office import OPERATOR


async def test_a_command_opens_a_screen_and_a_tap_edits_it(house):
    ann, card = await house.greeted()

    await ann.press(card, "count")
    shown = await ann.read()

    assert (shown["id"], shown["text"], shown["edited"]) == (card, "Count 1", 1)


async def test_a_double_tap_is_answered_twice_and_acts_once(house):
    ann, card = await house.greeted()

    await asyncio.gather(ann.press(card, "count"), ann.press(card, "count"))
    seen = await toasts(ann, 1)

    answered = await house.calls("answerCallbackQuery")
    assert len(answered) == 2
    assert house.stage.count == 1
    assert "old" in seen[0]["text"]


async def test_one_persons_messages_are_answered_in_order_and_nobody_waits_for_another(house):
    ann, operator = house.person(), house.person(OPERATOR)
    await ann.say("/slow")
    for number in range(5):
        await ann.say(f"word {number}")

    await operator.say("/start")
    await operator.read()
    assert house.stage.log == [("slow", 2)]
    house.stage.hold.set()
    await texts(ann, 6)

    assert [what for what, _ in house.stage.log[1:]] == [f"word {n}" for n in range(5)]


async def test_who_sends_more_than_can_wait_is_told_once_and_the_rest_is_dropped(house):
    ann = house.person()
    await ann.say("/slow")
    for number in range(12):
        await ann.say(f"word {number}")

    told = await texts(ann, 1)
    house.stage.hold.set()
    answers = await texts(ann, 9)

    assert told == [house.texts.plain("chat.busy")]
    assert len(answers) == 9
    assert len(house.stage.log) == 9


async def test_a_slow_tap_is_answered_before_its_screen_is_ready(house):
    ann, card = await house.greeted()

    await ann.press(card, "slow")
    async with asyncio.timeout(5):
        while not await house.calls("answerCallbackQuery"):
            await ann.look(wait=0.05)
    house.stage.hold.set()

    assert (await ann.read())["text"] == "slow done"
    assert len(await house.calls("answerCallbackQuery")) == 1


async def test_a_stranger_gets_one_polite_line_and_then_silence(house):
    eve = house.person(66)
    await eve.say("/start")
    assert (await eve.read())["text"] == house.texts.plain("stranger.line")

    for text in ("hello", "/start", "/start wrong-invite-code", "again"):
        await eve.say(text)

    assert await texts(eve, 1) == [house.texts.plain("stranger.invite")]
    await house.greeted()
    assert (await eve.look(wait=0))["messages"] == []


async def test_an_operator_registers_by_writing(house):
    operator = house.person(OPERATOR)

    await operator.say("/start")

    assert "Welcome" in (await operator.read())["text"]


async def test_errors_become_words_and_bugs_become_numbers(house):
    ann, card = await house.greeted()

    await ann.press(card, "conflict")
    assert (await toasts(ann, 1))[0]["text"] == house.texts.plain("conflict.running")
    await ann.press(card, "invalid")
    assert "5" in (await toasts(ann, 1))[0]["text"]
    await ann.press(card, "fail")
    bug = (await toasts(ann, 1))[0]

    assert "logged as E" in bug["text"]
    assert bug["alert"]


async def test_a_forged_or_forgotten_button_is_answered_and_does_nothing(house):
    ann, card = await house.greeted()

    for data in ("x:gone::", "\x00", "' OR 1=1", "x:count::zzz"):
        await ann.post("/press", message_id=card, data=data)
    seen = await toasts(ann, 4)

    assert len(seen) == 4
    assert house.stage.count == 0


async def test_broken_markup_is_shown_as_plain_text(house):
    ann, card = await house.greeted()

    await ann.press(card, "broken")

    assert (await ann.read())["text"] == "half a tag & more"


async def test_a_tap_on_a_deleted_message_brings_a_fresh_screen(house):
    ann, card = await house.greeted()
    await ann.http.delete(f"{ann.home}/messages/{card}")

    await ann.post("/press", message_id=card, data="x:count::0")
    while (shown := await ann.read())["deleted"]:
        pass

    assert shown["id"] != card
    assert shown["text"] == "Count 1"


async def test_a_secret_is_deleted_before_anything_else_happens_to_it(house):
    ann, _ = await house.greeted()

    message = await ann.say("A1b2" * 16)
    await texts(ann, 1)

    calls = await house.calls("deleteMessage", "sendMessage")
    assert calls[-2]["method"] == "deleteMessage"
    assert calls[-2]["params"]["message_id"] == str(message)


async def test_a_secret_that_cannot_be_deleted_is_said_to_be_there(house):
    ann, _ = await house.greeted()
    await house.fault(what="400", method="deleteMessage", description="Bad Request: no")

    await ann.say("secret word")

    assert "could not be deleted" in (await ann.read())["text"]


async def test_what_was_typed_stands_in_no_log(house, capsys):
    ann, _ = await house.greeted()

    await ann.say("wrong-SeCrEt-words")
    await texts(ann, 1)

    said = capsys.readouterr()
    assert "refused" in said.out
    assert "SeCrEt" not in said.out + said.err


async def test_edited_words_do_not_act_again(house):
    ann, _ = await house.greeted()
    message = await ann.say("first")
    await ann.read()

    await ann.http.patch(f"{ann.home}/messages/{message}", json={"text": "second"})
    await ann.say("third")
    await ann.read()

    assert [what for what, _ in house.stage.log] == ["first", "third"]


async def test_an_update_that_the_library_cannot_read_does_not_stop_the_others(house):
    ann, _ = await house.greeted()

    house.telegram.world.updates.add("callback_query", {"id": "1", "from": 5})
    await ann.say("after it")

    assert await texts(ann, 1) == ["heard 8"]
