"""What a futures bot's stake lacks, and how much of it may be moved."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.core.bot_config import BotConfig, Mode, Sizing
from engine.core.errors import IllegalEvent
from engine.core.market import Market
from engine.core.transfer import (
    TRANSFER_TABLE,
    TransferEvent,
    TransferState,
    allowed_amount,
    missing_stake,
    next_transfer_state,
)

D = Decimal


def config(**changes):
    settings = {
        "name": "Anna", "symbol": "BTCUSDT", "market": Market.FUTURES, "leverage": 10,
        "size": D(25), "max_position": D(50), "auto_transfer": True, "transfer_amount": D(100),
        "mode": Mode.LOCAL, "key_id": 1,
    }  # fmt: skip
    return BotConfig(**(settings | changes))


@pytest.mark.parametrize(
    ("changes", "free", "missing"),
    [
        # 25 may be half of what is there, so 50 must be there.
        ({}, "0", "50"),
        ({}, "49.991", "0.01"),
        ({}, "50", "0"),
        ({}, "900", "0"),
        # The whole balance as the stake: its commissions on ten times as much come on top.
        ({"max_position": D(100)}, "20", "5.25"),
        # The least balance that is traded with.
        ({"size": D(1), "max_position": D(100)}, "4", "6"),
        # A share of 1,000 capital.
        ({"sizing": Sizing.PERCENT, "size": D(3)}, "0", "60"),
        # A stake that follows from the balance lacks only the least balance.
        ({"sizing": Sizing.RISK, "size": D(1)}, "2.5", "7.5"),
    ],
)
def test_a_stake_lacks_what_its_next_entry_needs(changes, free, missing):
    assert missing_stake(config(**changes), D(free)) == D(missing)


@pytest.mark.parametrize(
    ("missing", "moved", "allowed"),
    [
        ("50", "0", "50"),
        ("50", "50", "50"),
        ("50", "50.01", "0"),
        ("0", "0", "0"),
        ("101", "0", "0"),
    ],
)
def test_a_day_moves_no_more_than_the_bots_bound_and_nothing_in_part(missing, moved, allowed):
    assert allowed_amount(config(), D(missing), D(moved)) == D(allowed)


def test_without_leave_nothing_is_moved():
    off = config(auto_transfer=False, transfer_amount=None)
    assert allowed_amount(off, D(5), D(0)) == 0


@pytest.mark.parametrize(
    "wrong", [{"transfer_amount": None}, {"market": Market.SPOT, "leverage": 1}]
)
def test_a_bot_that_cannot_use_it_is_not_sent_money(wrong):
    with pytest.raises(ValidationError):
        config(**wrong)


@given(st.decimals(0, 10_000, places=8), st.decimals(0, 10_000, places=8))
def test_after_the_move_nothing_is_missing(size, free):
    wanted = config(size=size + D("0.00000001"))
    assert missing_stake(wanted, free + missing_stake(wanted, free)) == 0


def test_every_event_outside_of_the_table_is_refused():
    for state in TransferState:
        for event in TransferEvent:
            if (state, event) in TRANSFER_TABLE:
                assert next_transfer_state(state, event) is TRANSFER_TABLE[state, event]
            else:
                with pytest.raises(IllegalEvent):
                    next_transfer_state(state, event)


def test_what_is_over_stays_so():
    assert not any(state.final for state, _ in TRANSFER_TABLE)
