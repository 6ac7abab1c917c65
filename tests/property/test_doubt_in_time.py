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
