"""Screens to messages at a local Telegram that refuses what the real one refuses."""

import asyncio

import pytest

from bot.app.chat import ChatSettings, _bot, _requests
from bot.buckets import Rate
from bot.delivery import Delivery, Limits
from bot.delivery.gate import Gate
from bot.post import Flooded, MaybeDelivered, NotDelivered, Undeliverable, Unreachable
from bot.screen import Button, Screen
from tests.contract.chat.house import TOKEN, House

ANN = 2
BUTTON = ((Button("Go", "x:go::"),),)


class Desk(House):
    """Delivery alone, without anybody who listens."""

    def delivery(self, limits=None):
        self.requests = _requests()
        settings = ChatSettings(TOKEN, self.telegram.base_url, self.telegram.base_file_url)
        self.lost = []

        async def unreachable(chat_id):
            self.lost.append(chat_id)

        return Delivery(_bot(settings, *self.requests), Gate(limits), unreachable)


@pytest.fixture
async def desk(telegram):
    made = Desk(telegram, None)
    telegram.world.chat(ANN).person.started = True
    yield made
    for request in made.requests:
        await request.shutdown()
    await made.http.aclose()


async def test_showing_the_same_again_is_fine(desk):
    delivery, screen = desk.delivery(), Screen("same", BUTTON)
    sent = await delivery.show(ANN, screen)

    assert await delivery.show(ANN, screen, tapped=sent) == sent


async def test_a_fresh_screen_is_a_new_message(desk):
    delivery = desk.delivery()
    sent = await delivery.show(ANN, Screen("old"))

    assert await delivery.show(ANN, Screen("new", fresh=True), tapped=sent) != sent


async def test_a_screen_without_text_shows_nothing(desk):
    assert await desk.delivery().show(ANN, Screen("", toast="just a toast")) is None
    assert await desk.calls("sendMessage", "editMessageText") == []


async def test_a_text_that_is_too_long_is_cut_and_shown(desk):
    delivery = desk.delivery()
    await delivery.show(ANN, Screen("<b>" + "x" * 5000 + "</b>"))

    assert len((await desk.person(ANN).read())["text"]) == 4096


async def test_a_screen_is_silent_and_replies_as_it_says(desk):
    delivery = desk.delivery()
    first = await delivery.show(ANN, Screen("first"))
    await delivery.show(ANN, Screen("second", silent=True, reply_to=first))
    await delivery.show(ANN, Screen("third", reply_to=999))

    second, third = (await desk.person(ANN).look())["messages"][-2:]
    assert (second["silent"], second["reply_to"]) == (True, first)
    assert third["reply_to"] is None


async def test_of_redraws_that_wait_only_the_latest_is_made(desk):
    delivery = desk.delivery(Limits(edits=Rate(10.0, 1.0)))
    sent = await delivery.show(ANN, Screen("card 0"))
    await delivery.redraw(ANN, sent, Screen("card 1"))

    async with asyncio.timeout(5):
        await asyncio.gather(*(delivery.redraw(ANN, sent, Screen(f"card {n}")) for n in (2, 3, 4)))

    edits = [call["params"]["text"] for call in await desk.calls("editMessageText")]
    assert edits == ["card 1", "card 4"]


async def test_a_short_flood_is_waited_for(desk):
    delivery = desk.delivery()
    await desk.fault(what="429", method="sendMessage", retry_after=1)

    assert await delivery.show(ANN, Screen("hello")) is not None


async def test_a_long_flood_is_not(desk):
    delivery = desk.delivery()
    await desk.fault(what="429", method="sendMessage", retry_after=200)

    with pytest.raises(Flooded):
        await delivery.show(ANN, Screen("hello"))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"what": "502"}, MaybeDelivered),
        ({"what": "accept_then_drop"}, MaybeDelivered),
        ({"what": "401"}, NotDelivered),
        ({"what": "400", "description": "Bad Request: BUTTON_DATA_INVALID"}, Undeliverable),
        ({"what": "403"}, Unreachable),
        ({"what": "400", "description": "Bad Request: chat not found"}, Unreachable),
    ],
)
async def test_failures_say_whether_the_alert_arrived(desk, fault, error):
    delivery = desk.delivery()
    await desk.fault(method="sendMessage", **fault)

    with pytest.raises(error):
        await delivery.send_alert(ANN, Screen("hello"))

    assert desk.lost == ([ANN] if error is Unreachable else [])


async def test_an_edit_whose_outcome_is_unknown_is_made_again(desk):
    delivery = desk.delivery()
    sent = await delivery.show(ANN, Screen("old"))
    await desk.fault(what="accept_then_drop", method="editMessageText")

    assert await delivery.show(ANN, Screen("new"), tapped=sent) == sent
    assert len(await desk.calls("editMessageText")) == 2


async def test_a_message_whose_outcome_is_unknown_is_not_sent_again(desk):
    delivery = desk.delivery()
    await desk.fault(what="accept_then_drop", method="sendMessage")

    with pytest.raises(MaybeDelivered):
        await delivery.show(ANN, Screen("once"))
    assert len(await desk.calls("sendMessage")) == 1


async def test_a_late_answer_to_a_tap_is_nobodys_problem(desk):
    await desk.delivery().answer("no such query", "hello")

    assert (await desk.calls("answerCallbackQuery"))[0]["status"] == 400


async def test_a_message_too_old_to_be_deleted_stays_and_is_said_to(desk):
    delivery = desk.delivery()
    sent = await delivery.show(ANN, Screen("old"))
    await desk.http.post("/sandbox/advance", json={"seconds": 49 * 3600})

    assert not await delivery.delete(ANN, sent)


@pytest.mark.parametrize("what", ["500", "drop_before"])
async def test_whether_telegram_answers_is_asked_without_showing_anything(desk, what):
    delivery = desk.delivery()

    assert await delivery.answers()
    await desk.fault(what=what)
    assert not await delivery.answers()
    assert await delivery.answers()
    assert await desk.calls("sendMessage") == []
