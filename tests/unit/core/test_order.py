"""The order table, and reports that come late, twice, shuffled or not at all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.client_id import client_order_id, decode_client_id, list_client_id
from engine.core.errors import IllegalEvent
from engine.core.order import (
    FINAL_STATES,
    LIVE_STATES,
    ORDER_TABLE,
    Leg,
    OrderEvent,
    OrderState,
    apply_report,
    move,
    next_state,
)
from tests.unit.core.build import NOW, D, order, report

S, E = OrderState, OrderEvent
STATES = st.sampled_from(S)
EVENTS = st.sampled_from(E)
ANSWERS = (E.ACCEPT, E.FILL_PART, E.FILL, E.CANCEL, E.EXPIRE)
HALF, WHOLE = D("0.0005"), D("0.001")


@given(STATES, EVENTS)
def test_an_unlisted_event_raises_and_changes_nothing(state, event):
    before = order(state=state)

    if (state, event) in ORDER_TABLE:
        assert move(before, event, at=NOW).state is ORDER_TABLE[state, event]
        return
    with pytest.raises(IllegalEvent, match="is not possible while"):
        move(before, event, at=NOW)
    assert before == order(state=state)


def test_every_state_can_be_reached_and_left_or_is_final():
    reached = set(ORDER_TABLE.values())
    left = {state for state, _ in ORDER_TABLE}

    assert reached == set(S) - {S.PLANNED}
    assert set(S) - left == FINAL_STATES - {S.NOT_PLACED}


def test_every_state_is_planned_maybe_live_or_final():
    assert {S.PLANNED} | LIVE_STATES | FINAL_STATES == set(S)
    assert not LIVE_STATES & FINAL_STATES
    assert all(state.final is (state in FINAL_STATES) for state in S)
    assert all(state.maybe_live is (state in LIVE_STATES) for state in S)


def test_an_unknown_order_is_never_sent_again():
    assert (S.UNKNOWN, E.SEND) not in ORDER_TABLE
    assert (S.SENT, E.SEND) not in ORDER_TABLE


def test_only_a_planned_order_can_be_sent():
    assert [state for state, event in ORDER_TABLE if event is E.SEND] == [S.PLANNED]


def test_sending_stamps_the_time_that_is_signed():
    sent = move(order(), E.SEND, at=NOW + 5)

    assert (sent.state, sent.signed_at, sent.updated_at) == (S.SENT, NOW + 5, NOW + 5)
    assert move(sent, E.LOSE, at=NOW + 9).signed_at == NOW + 5


def test_a_note_stays_until_another_comes():
    noted = move(order(), E.SEND, at=NOW, note="first")

    assert move(noted, E.LOSE, at=NOW).note == "first"
    assert move(noted, E.LOSE, at=NOW, note="second").note == "second"


def test_an_order_proven_absent_that_shows_up_is_adopted():
    assert next_state(S.NOT_PLACED, E.FILL) is S.FILLED


def test_a_fill_wins_the_race_against_a_cancel():
    cancelling = order(state=S.CANCELLING)

    assert apply_report(cancelling, report(E.FILL, WHOLE)).state is S.FILLED


@given(st.sampled_from(sorted(LIVE_STATES | FINAL_STATES)), st.sampled_from(ANSWERS))
def test_a_repeated_report_changes_nothing(state, event):
    once = apply_report(order(state=state), report(event, HALF))

    assert apply_report(once, report(event, HALF, at=NOW + 99)) == once


@given(st.sampled_from(sorted(FINAL_STATES - {S.NOT_PLACED})), st.sampled_from(ANSWERS))
def test_a_final_order_stays_final(state, event):
    assert apply_report(order(state=state), report(event, WHOLE)).state is state


def test_a_late_accept_does_not_reopen_a_filled_order():
    filled = apply_report(order(state=S.SENT), report(E.FILL, WHOLE))

    assert apply_report(filled, report(E.ACCEPT, 0)) == filled


def test_a_fill_that_arrives_after_its_cancel_is_still_counted():
    cancelled = apply_report(order(state=S.OPEN), report(E.CANCEL, 0))

    late = apply_report(cancelled, report(E.FILL_PART, HALF))

    assert (late.state, late.filled_qty) == (S.CANCELLED, HALF)


@st.composite
def lives(draw):
    """Reports of one order's life in the exchange's order, ending in a final one."""
    parts = sorted(draw(st.sets(st.integers(1, 9), max_size=4)))
    story = [report(E.ACCEPT, 0, at=NOW)]
    story += [report(E.FILL_PART, D(part) / 10_000, at=NOW + part) for part in parts]
    last = draw(st.sampled_from((E.FILL, E.CANCEL, E.EXPIRE)))
    filled = WHOLE if last is E.FILL else story[-1].filled_qty
    return [*story, report(last, filled, at=NOW + 10)]


@given(lives(), st.data())
def test_shuffled_and_doubled_reports_end_in_the_same_books(story, data):
    doubled = story + data.draw(st.lists(st.sampled_from(story), max_size=5))
    shuffled = data.draw(st.permutations(doubled))

    straight, mixed = order(state=S.SENT), order(state=S.SENT)
    for one in story:
        straight = apply_report(straight, one)
    for one in shuffled:
        mixed = apply_report(mixed, one)

    assert _books(mixed) == _books(straight)
    assert mixed.state.final


@given(lives(), st.data())
def test_dropped_reports_are_made_good_by_the_last_one(story, data):
    kept = [one for one in story[:-1] if data.draw(st.booleans())]

    thin = order(state=S.SENT)
    for one in [*kept, story[-1]]:
        thin = apply_report(thin, one)

    assert thin.filled_qty == story[-1].filled_qty
    assert thin.state is ORDER_TABLE[S.SENT, story[-1].event]


@given(lives(), st.data())
def test_the_filled_quantity_never_falls(story, data):
    now = order(state=S.SENT)
    for one in data.draw(st.permutations(story)):
        after = apply_report(now, one)
        assert after.filled_qty >= now.filled_qty
        now = after


def _books(done):
    return replace(done, updated_at=0)


@given(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=10),
    st.integers(0, 36**5 - 1),
    st.integers(0, 36**6 - 1),
    st.sampled_from(Leg),
    st.integers(1, 36**2 - 1),
)
def test_a_client_id_says_what_it_was_made_from(install, bot, decision, leg, attempt):
    made = client_order_id(install, bot, decision, leg, attempt)

    told = decode_client_id(made)

    assert (told.install, told.bot_id, told.decision) == (install, bot, decision)
    assert (told.leg, told.attempt) == (leg.value, attempt)
    assert len(made) <= 36
    assert len(list_client_id(made)) <= 36


@given(*(st.tuples(st.integers(0, 99), st.integers(0, 99), st.sampled_from(Leg)) for _ in "ab"))
def test_different_decisions_have_different_ids(one, other):
    same = client_order_id("1a", *one, 1) == client_order_id("1a", *other, 1)

    assert same is (one == other)


def test_the_list_of_an_oco_is_told_from_its_legs():
    assert list_client_id("sk1a-7-3-t2") == "sk1a-7-3-l2"


@pytest.mark.parametrize(
    "foreign",
    ["", "web_abc", "x-1-2-e1", "sk1a-7-3", "sk1a-7-3-e", "sk1a-7-!-e1", "sk1a-7-3-e1-9", "sk---"],
)
def test_a_foreign_id_is_not_ours(foreign):
    assert decode_client_id(foreign) is None
