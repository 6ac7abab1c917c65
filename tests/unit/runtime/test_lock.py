"""One process holds the instance lock, and the others learn who."""

import os
import subprocess
import sys

import pytest

from engine.runtime.lock import AlreadyRunning, InstanceLock, holder


def test_a_second_holder_learns_who_has_it(tmp_path):
    path = tmp_path / "skipper.lock"

    with InstanceLock(path):
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} holds") as caught:
            InstanceLock(path).__enter__()
        assert caught.value.pid == os.getpid()
        assert holder(path) == os.getpid()


def test_it_is_free_again_afterwards(tmp_path):
    path = tmp_path / "skipper.lock"

    with InstanceLock(path):
        pass

    assert holder(path) is None
    with InstanceLock(path):
        assert holder(path) == os.getpid()


def test_nobody_holds_a_lock_that_never_was(tmp_path):
    assert holder(tmp_path / "none") is None


def test_a_holder_that_left_no_pid_is_another_process(tmp_path):
    path = tmp_path / "skipper.lock"

    with InstanceLock(path):
        path.write_text("junk")
        with pytest.raises(AlreadyRunning, match="another process"):
            InstanceLock(path).__enter__()


def test_a_killed_process_gives_it_back(tmp_path):
    path = tmp_path / "skipper.lock"
    code = (
        "import sys, pathlib; from engine.runtime.lock import InstanceLock\n"
        "with InstanceLock(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(path)]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"held\n"
        assert holder(path) == child.pid
        child.kill()
        child.wait()

    assert holder(path) is None
