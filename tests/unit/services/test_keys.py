"""Which keys are kept, by what the exchange says that they may do."""

import pytest

from engine.core.account import KeyRights
from engine.core.errors import Forbidden
from engine.services.keys import require_rights


def rights(**changes):
    fields = {
        "can_read": True, "can_trade_spot": True, "can_withdraw": False, "can_transfer": False,
        "ip_restricted": True,
    }  # fmt: skip
    return KeyRights(**(fields | changes))


def test_a_key_that_trades_and_moves_nothing_is_kept():
    require_rights(rights())
    require_rights(rights(), transfers=True)


@pytest.mark.parametrize("right", ["can_withdraw", "can_transfer_out"])
def test_a_key_that_moves_money_out_is_refused_on_every_installation(right):
    for transfers in (False, True):
        with pytest.raises(Forbidden):
            require_rights(rights(**{right: True}), transfers=transfers)


def test_moving_money_between_the_own_wallets_needs_the_operators_leave():
    with pytest.raises(Forbidden):
        require_rights(rights(can_transfer=True))
    require_rights(rights(can_transfer=True), transfers=True)


@pytest.mark.parametrize("lack", [{"can_read": False}, {"can_trade_spot": False}])
def test_a_key_that_cannot_trade_is_refused(lack):
    with pytest.raises(Forbidden):
        require_rights(rights(**lack))
