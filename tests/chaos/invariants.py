"""THE TABLE of what must hold: number, name, the check that sees it, and when it must hold.

The numbers are those by which a run reports. ``AT_ONCE`` holds in every look, in the middle of
trouble and with the service dead; ``SETTLED`` holds once nothing goes wrong any more and all has
come to rest. Acts hold another one: a second start is refused (21).
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import NamedTuple

from tests.chaos import (
    book_checks,
    chat_checks,
    freedom_checks,
    futures_checks,
    life_checks,
    order_checks,
    request_checks,
)
from tests.chaos.evidence import Evidence

Check = Callable[[Evidence], Iterator[str]]


class When(Enum):
    """When an invariant holds."""

    AT_ONCE = auto()
    SETTLED = auto()


class Invariant(NamedTuple):
    """One promise."""

    number: int
    check: Check
    when: When

    @property
    def name(self) -> str:
        return f"{self.number} {self.check.__name__.replace('_', ' ')}"


_NOW, _THEN = When.AT_ONCE, When.SETTLED
INVARIANTS: tuple[Invariant, ...] = (
    Invariant(1, order_checks.no_order_is_doubled, _NOW),
    Invariant(1, request_checks.no_request_repeats_an_id, _NOW),
    Invariant(2, order_checks.every_order_has_its_row, _NOW),
    Invariant(2, order_checks.every_row_is_settled, _THEN),
    Invariant(3, request_checks.no_order_before_its_intent, _NOW),
    Invariant(4, book_checks.money_is_accounted_for, _THEN),
    Invariant(4, futures_checks.amounts_are_sums_of_fills, _THEN),
    Invariant(4, futures_checks.wallets_are_accounted_for, _THEN),
    Invariant(5, book_checks.every_trade_is_booked_once, _THEN),
    Invariant(6, book_checks.fees_are_what_was_charged, _THEN),
    Invariant(7, order_checks.the_naked_clock_runs, _THEN),
    Invariant(7, order_checks.positions_are_covered, _THEN),
    Invariant(7, futures_checks.futures_positions_are_covered, _THEN),
    Invariant(8, order_checks.no_order_is_orphaned, _THEN),
    Invariant(9, order_checks.exits_never_exceed_the_position, _NOW),
    Invariant(9, book_checks.one_position_at_a_time, _NOW),
    Invariant(9, futures_checks.every_exit_only_reduces, _NOW),
    Invariant(10, order_checks.one_leg_of_a_list_fills, _NOW),
    Invariant(11, life_checks.nothing_final_comes_back, _NOW),
    Invariant(12, life_checks.no_doubt_is_told_as_an_outcome, _NOW),
    Invariant(12, life_checks.no_doubt_lasts, _THEN),
    Invariant(13, life_checks.no_entry_while_stopped, _NOW),
    Invariant(13, life_checks.daily_limits_hold, _NOW),
    Invariant(14, freedom_checks.exits_follow_entries, _NOW),
    Invariant(14, freedom_checks.a_shut_out_is_told, _THEN),
    Invariant(15, life_checks.counters_follow_from_fills, _NOW),
    Invariant(16, life_checks.every_trade_has_one_day, _NOW),
    Invariant(17, life_checks.what_was_confirmed_holds, _NOW),
    Invariant(18, chat_checks.every_event_has_one_alert, _THEN),
    Invariant(18, chat_checks.every_alert_was_shown, _THEN),
    Invariant(19, freedom_checks.nobody_waits_for_anothers_chat, _NOW),
    Invariant(20, freedom_checks.candles_are_judged_in_time, _NOW),
    Invariant(22, freedom_checks.no_order_of_an_ousted_service, _NOW),
    Invariant(22, life_checks.no_order_of_an_old_lease, _NOW),
    Invariant(25, request_checks.weight_stays_in_budget, _THEN),
    Invariant(25, request_checks.retry_after_is_obeyed, _THEN),
    Invariant(26, request_checks.order_rates_hold, _THEN),
    Invariant(26, request_checks.messages_are_paced, _THEN),
    Invariant(27, request_checks.no_refusal_loops, _THEN),
    Invariant(28, book_checks.positions_are_sums_of_fills, _NOW),
    Invariant(29, life_checks.the_database_is_sound, _NOW),
    Invariant(31, life_checks.every_start_recovers_in_time, _THEN),
)


def violations(seen: Evidence, *when: When) -> list[str]:
    """Everything that is wrong; without ``when`` every invariant is asked."""
    return list(_found(seen, [i for i in INVARIANTS if not when or i.when in when]))


def _found(seen: Evidence, asked: Iterable[Invariant]) -> Iterator[str]:
    for invariant in asked:
        yield from (f"[{invariant.name}] {what}" for what in invariant.check(seen))
