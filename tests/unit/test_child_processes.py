"""Processes that work for another end with it, however it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from multiprocessing.connection import Connection
from operator import itemgetter, truediv
from pathlib import Path
from threading import Thread

import pytest

from assets.child_processes import ChildProcesses, LostProcessError, StoppedError, in_process

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = """
import os, time
from assets.child_processes import in_process

def tell_and_wait(seconds):
    print(os.getpid(), flush=True)
    time.sleep(seconds)

if __name__ == "__main__":
    in_process(tell_and_wait, 600)
"""


def test_no_process_outlives_one_that_was_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        try:
            assert select.select([worker], [], [], 0)[0] == []
            parent.send_signal(signal.SIGKILL)
            # It can be read from when the process has ended.
            assert select.select([worker], [], [], 30)[0] == [worker]
        finally:
            os.close(worker)


@pytest.fixture
def signals_to_end_ignored() -> Iterator[None]:
    """As Dagster leaves them in the background of a script, for processes begun from now on."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


def _end_if(is_asked: bool) -> str:
    if is_asked:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_answers_come_from_other_processes_in_the_order_asked() -> None:
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(in_process, [itemgetter(0), itemgetter(1)], ["ab", "cd"]))
    assert answers == ["a", "d"]
    assert in_process(_own_process, None) != os.getpid()


def _own_process(_: None) -> int:
    return os.getpid()


def test_a_process_answers_one_after_the_other_and_ends_when_nobody_asks_any_more() -> None:
    with ChildProcesses(2) as processes:
        first, second = (processes.ask(_own_process, None) for _ in range(2))
        assert first == second
        with pytest.raises(ZeroDivisionError):
            processes.ask(_divide_by, 0)
        assert processes.ask(_own_process, None) == first
        assert [child.pid for child in active_children()] == [first]
    assert not active_children()


def test_nothing_is_begun_after_the_end_nor_once_it_was_stopped(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    with ChildProcesses(1) as processes, ThreadPoolExecutor(2) as threads:
        began = threads.submit(processes.ask, Path.read_text, told)
        while not active_children():
            pass
        waiting = threads.submit(processes.ask, _own_process, None)
        processes.stop()
        told.write_text("what was begun is answered")
        with pytest.raises(StoppedError, match="nothing more is begun"):
            waiting.result(60)
        assert began.result(60) == "what was begun is answered"
    with pytest.raises(StoppedError):
        processes.ask(_own_process, None)


def test_an_answer_that_was_not_read_is_never_taken_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ChildProcesses(1) as processes:
        first = processes.ask(_own_process, None)
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "recv", _run_out_of_memory)
            with pytest.raises(MemoryError):
                processes.ask(abs, -1)
        assert processes.ask(abs, -7) == 7
        assert processes.ask(_own_process, None) != first


def _run_out_of_memory(_: Connection) -> None:
    raise MemoryError


@pytest.mark.usefixtures("signals_to_end_ignored")
def test_another_process_takes_the_place_of_one_that_was_killed() -> None:
    with ChildProcesses(1) as processes:
        first = processes.ask(_own_process, None)
        with pytest.raises(LostProcessError, match=f"process {first} ended with -9"):
            processes.ask(_end_if, True)
        assert processes.ask(_own_process, None) not in {first, os.getpid()}


@pytest.mark.usefixtures("signals_to_end_ignored")
def test_one_that_is_killed_is_told_and_the_others_answer() -> None:
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(in_process, _end_if, end) for end in (False, True, False)]
        with pytest.raises(LostProcessError, match=r"process \d+ ended with -9"):
            asked[1].result(60)
        assert [asked[0].result(60), asked[2].result(60)] == ["done", "done"]


def test_one_that_is_killed_while_it_answers_is_told_too() -> None:
    with pytest.raises(LostProcessError, match="ended with -9"):
        in_process(_end_while_answering, 500_000_000)


def _end_while_answering(size_bytes: int) -> bytes:
    written = _bytes_written()

    def end() -> None:
        # Linux counts what is written when all of it is: the size that goes ahead of the answer.
        while _bytes_written() == written:
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    Thread(target=end, daemon=True).start()
    return bytes(size_bytes)


def _bytes_written() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


def test_what_a_function_raises_elsewhere_is_raised_here_with_its_place() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        in_process(_divide_by, 0)
    assert "in _divide_by" in raised.value.__notes__[0]


def _divide_by(divisor: int) -> float:
    return truediv(1, divisor)
