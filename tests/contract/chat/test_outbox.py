"""Alerts over the wire: in order, marked, and never stopped by somebody else's trouble."""

import asyncio

from engine.core.account import Role
from engine.core.events import Alert, AlertKind
from tests.contract.chat.house import House, reborn, texts, until
from tests.fakes.office import OPERATOR, account_of


def first_lines(messages):
    return [text.splitlines()[0] for text in messages]


async def sent(house):
    return await house.outbox_depth() == 0


async def test_alerts_arrive_in_order_as_new_messages(house):
    ann, _ = await house.greeted()

    for number in range(4):
        await house.alert(f"n{number}")

    assert first_lines(await texts(ann, 4)) == [f"ℹ news n{number}" for number in range(4)]
    await until(lambda: sent(house))


async def test_the_alerts_of_a_trade_reply_to_its_first_one(house):
    ann, _ = await house.greeted()

    await house.alert("entry", trade_ref=7)
    await until(lambda: sent(house))
    entry = await ann.read()
    await house.alert("exit", trade_ref=7)
    exit_alert = await ann.read()

    assert exit_alert["reply_to"] == entry["id"]


async def test_a_flooded_chat_delays_nobody_else(house):
    ann, _ = await house.greeted()
    bob, _ = await house.greeted(OPERATOR)
    async with house.office.storage.reading() as unit:
        operator = await unit.accounts.by_telegram(OPERATOR)
    await house.fault(what="429", method="sendMessage", chat=2, retry_after=2)

    await house.alert("for ann")
    await house.alert("for bob", operator)
    asked = asyncio.get_running_loop().time()

    assert first_lines(await texts(bob, 1)) == ["ℹ news for bob"]
    assert asyncio.get_running_loop().time() - asked < 2
    assert first_lines(await texts(ann, 1)) == ["ℹ news for ann"]
    assert asyncio.get_running_loop().time() - asked > 2


async def test_an_alert_that_may_have_arrived_is_repeated_once_and_marked(house):
    ann, _ = await house.greeted()
    await house.fault(what="accept_then_drop", method="sendMessage", text="news twice")

    await house.alert("twice")
    first, second = await texts(ann, 2)

    assert first_lines([first, second]) == ["ℹ news twice"] * 2
    assert "repeat" not in first
    assert "repeat" in second
    assert (await ann.look(wait=0.3))["messages"] == []


async def test_an_alert_that_was_not_sent_is_not_called_a_repeat(house):
    ann, _ = await house.greeted()
    await house.telegram.stop()
    await house.alert("late")
    await until(lambda: is_claimed(house))

    fresh = await reborn(house.telegram, 2)
    again = await texts(ann, 1)

    assert first_lines(again) == ["ℹ news late"]
    assert "repeat" not in again[0]
    await fresh.stop()


async def is_claimed(house):
    async with house.office.storage.system() as unit:
        return await unit.outbox.claim(limit=1, at=house.office.clock.now_ms()) == []


async def test_what_a_dead_process_had_claimed_is_sent_as_a_repeat(telegram, office):
    house = House(telegram, office)
    trader = await account_of(office)
    await house.person().post("/start")
    async with office.storage.system() as unit:
        at = office.clock.now_ms()
        await unit.outbox.add(
            Alert(trader.id, AlertKind.NOTICE, "d", params={"text": "before"}), at
        )
        assert await unit.outbox.claim(limit=5, at=at)
        await unit.commit()

    house.trader = trader
    house.start()
    seen = []
    while not any("before" in text for text in seen):
        seen += await texts(house.person(), 1)
    await house.close()

    assert "repeat" in next(text for text in seen if "before" in text)


async def test_who_blocked_the_bot_gets_their_alerts_when_they_take_it_back(house):
    ann, _ = await house.greeted()
    bob, _ = await house.greeted(OPERATOR)
    await ann.post("/block")
    await until(lambda: is_reachable(house, 2, reachable=False))

    await house.alert("one")
    await house.alert("two")
    async with house.office.storage.reading() as unit:
        operator = await unit.accounts.by_telegram(OPERATOR)
    await house.alert("for bob", operator)
    await texts(bob, 1)
    await ann.post("/unblock")

    assert first_lines(await texts(ann, 2)) == ["ℹ news one", "ℹ news two"]
    assert await is_reachable(house, 2, reachable=True)


async def test_a_403_marks_the_account_as_unreachable(house):
    ann, _ = await house.greeted()
    await house.fault(what="403", method="sendMessage", chat=2)

    await house.alert("lost")
    await until(lambda: is_reachable(house, 2, reachable=False))
    await ann.say("I am here")
    seen = await texts(ann, 2)

    assert "ℹ news lost" in first_lines(seen)


async def is_reachable(house, telegram_id, *, reachable):
    async with house.office.storage.reading() as unit:
        account = await unit.accounts.by_telegram(telegram_id)
    return account.reachable is reachable


async def test_an_alert_that_cannot_be_drawn_still_names_what_happened(telegram, office):
    house = House(telegram, office)
    house.trader = await account_of(office, role=Role.VIEWER)

    def draw(_row, _texts):
        raise KeyError("figure")

    house.start(draw=draw)
    ann, _ = await house.greeted()
    await house.alert("odd")

    assert "notice" in (await texts(ann, 1))[0]
    await house.close()


async def test_what_is_due_is_sent_before_the_chat_stops(house):
    ann, _ = await house.greeted()
    for number in range(3):
        await house.alert(f"n{number}")

    await house.chat.stop()

    assert await house.outbox_depth() == 0
    assert len(await texts(ann, 3)) == 3
