"""The worker process: whatever runs there, the next request is answered."""

import asyncio
import os
import signal
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from engine.core.errors import BadAnswer, WorkerDied, WorkFailed
from engine.runtime.worker import Worker


@pytest.fixture
async def worker():
    ready = Worker()
    try:
        yield ready
    finally:
        await ready.close()


async def pid_of(worker):
    return await worker.call("os:getpid")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


async def test_a_function_is_called_by_its_name_in_another_process(worker):
    assert await worker.call("math:hypot", 3.0, 4.0) == 5.0
    assert await pid_of(worker) == await pid_of(worker) != os.getpid()


async def test_arrays_travel_as_they_are(worker):
    rows = array("d", [1.5, -0.0, 1e-300])
    assert await worker.call("builtins:list", rows) == rows.tolist()


async def test_what_hangs_is_ended_and_the_next_request_is_answered(worker):
    hung = await pid_of(worker)
    with pytest.raises(TimeoutError):
        await worker.call("signal:pause", limit=0.05)
    assert await pid_of(worker) != hung
    assert not alive(hung)


@pytest.mark.parametrize(("function", "args"), [("os:_exit", (0,)), ("os:abort", ())])
async def test_what_ends_the_process_is_told_and_the_next_request_is_answered(
    worker, function, args
):
    with pytest.raises(WorkerDied):
        await worker.call(function, *args)
    assert await worker.call("math:sqrt", 9.0) == 3.0


@pytest.mark.parametrize(
    ("function", "args", "told"),
    [
        ("math:sqrt", (-1.0,), "ValueError"),
        ("sys:exit", ("enough",), "SystemExit: enough"),
        ("builtins:bytes", (6 * 1024**3,), "MemoryError"),
        ("no_such_module:f", (), "ModuleNotFoundError"),
        ("math:no_such_function", (), "AttributeError"),
        ("threading:Lock", (), "TypeError: cannot pickle"),
        ("builtins:bytes", (70 * 1024**2,), "ValueError: an answer of"),
    ],
)
async def test_what_fails_is_told_and_the_process_lives_on(worker, function, args, told):
    before = await pid_of(worker)
    with pytest.raises(WorkFailed, match=told):
        await worker.call(function, *args)
    assert await pid_of(worker) == before


async def test_a_request_that_is_too_long_is_not_sent(worker):
    with pytest.raises(ValueError, match="request of"):
        await worker.call("builtins:len", bytes(70 * 1024**2))
    assert await worker.call("math:sqrt", 9.0) == 3.0


async def test_what_is_printed_does_not_disturb_the_answers(worker):
    assert await worker.call("builtins:print", "x" * 100) is None
    assert await worker.call("builtins:exec", "import os; os.write(1, b'y' * 100)") is None
    assert await worker.call("math:sqrt", 9.0) == 3.0


async def test_a_limit_counts_from_when_the_turn_has_come(worker):
    await pid_of(worker)
    hung = asyncio.gather(worker.call("signal:pause", limit=0.4), return_exceptions=True)
    waiting = [worker.call("math:sqrt", float(n), limit=0.3) for n in range(4)]
    assert await asyncio.gather(*waiting) == [0.0, 1.0, 2**0.5, 3**0.5]
    assert isinstance((await hung)[0], TimeoutError)


async def test_an_answer_that_nobody_waits_for_any_more_is_not_given_to_the_next(worker):
    await pid_of(worker)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await worker.call("signal:pause", limit=600)
    assert await worker.call("math:sqrt", 9.0) == 3.0


async def test_a_process_that_was_killed_while_idle_is_started_again(worker):
    os.kill(await pid_of(worker), signal.SIGKILL)
    answers = await asyncio.gather(worker.call("math:sqrt", 9.0), return_exceptions=True)
    assert answers[0] == 3.0 or isinstance(answers[0], WorkerDied)
    assert await worker.call("math:sqrt", 9.0) == 3.0


async def test_our_secrets_are_not_told(worker, monkeypatch):
    monkeypatch.setenv("SKIPPER_TELEGRAM_TOKEN", "1:secret")
    assert await worker.call("os:getenv", "SKIPPER_TELEGRAM_TOKEN") is None
    assert await worker.call("os:getenv", "PATH") == os.environ["PATH"]


async def test_closing_ends_the_process(worker):
    pid = await pid_of(worker)
    await worker.close()
    assert not alive(pid)


def test_it_ends_when_the_service_is_killed_even_while_it_computes():
    code = (
        "import asyncio\n"
        "from engine.runtime.worker import Worker\n"
        "async def main():\n"
        "    worker = Worker()\n"
        "    print(await worker.call('os:getpid'), flush=True)\n"
        "    await worker.call('builtins:exec', 'while True: pass', limit=600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as service:
        pid = int(service.stdout.readline())
        assert alive(pid)
        service.kill()
    # Reaped by whoever adopts it: the pidfd tells of its end.
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(fd) as end:
        ended = subprocess.run(
            [sys.executable, "-c", f"import select; print(select.select([{fd}], [], [], 10)[0])"],
            pass_fds=[end.fileno()], capture_output=True, check=True, text=True,
        )  # fmt: skip
    assert ended.stdout.strip() == f"[{fd}]"


async def test_arrays_of_numpy_come_back(worker):
    made = await worker.call("numpy:linspace", 0.0, 1.0, 5, imports=("numpy",))
    assert made.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert (await worker.call("numpy:float64", 2.5, imports=("numpy",))) == 2.5


@pytest.mark.parametrize(
    ("function", "args"),
    [("operator:attrgetter", ("real",)), ("pathlib:Path", ("x",)), ("fractions:Fraction", (1, 2))],
)
async def test_an_answer_may_make_nothing_here_but_plain_values(worker, function, args):
    with pytest.raises(BadAnswer):
        await worker.call(function, *args)
    assert await worker.call("math:hypot", 3.0, 4.0) == 5.0


async def test_a_call_hidden_in_an_answer_is_not_made(worker, tmp_path):
    mark = tmp_path / "made"
    source = "class Trap:\n def __reduce__(self):\n  import pathlib\n"
    source += f"  return pathlib.Path.touch, (pathlib.Path({str(mark)!r}),)\ntrap = Trap()\n"
    namespace = f"exec({source!r}, g := {{}}) or g['trap']"
    with pytest.raises(BadAnswer):
        await worker.call("builtins:eval", namespace)
    assert not mark.exists()
