"""However long ago an order in doubt was sent, its proof is asked for as soon as it can be one."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from engine.core.order import OrderEvent, move
from engine.cycles.doubt import PROOF_SECONDS, Doubts
from tests.contract.engine.clock import LabClock
from tests.unit.core.build import NOW, order


@given(st.floats(0, PROOF_SECONDS - 0.1), st.integers(1, 6))
def test_no_question_is_planned_beyond_the_instant_of_proof(age, misses):
    async def asked():
        doubts, clock = Doubts(LabClock(NOW)), NOW - round(age * 1000)
        sent = move(order(), OrderEvent.SEND, at=clock)
        for _ in range(misses):
            assert not await doubts.absent(None, sent)
        return doubts.next_due()

    assert asyncio.run(asked()) <= PROOF_SECONDS - age + 0.1


class Nothing:
    """A trader that knows no order."""

    async def open_orders(self, symbol):
        return []


@given(st.integers(-86_400_000, 86_400_000), st.floats(1, PROOF_SECONDS - 1))
def test_setting_the_clock_proves_nothing_and_puts_no_proof_off(jump, passed):
    async def asked():
        clock = LabClock(NOW)
        doubts, sent = Doubts(clock), move(order(), OrderEvent.SEND, at=NOW)
        for _ in range(3):
            await doubts.absent(Nothing(), sent)
        clock.set(NOW + round(passed * 1000))
        clock.adjust(jump)
        early = await doubts.absent(Nothing(), sent)
        clock.set(clock.now_ms() + round((PROOF_SECONDS - passed) * 1000) + 1)
        return early, await doubts.absent(Nothing(), sent)

    assert asyncio.run(asked()) == (False, True)
