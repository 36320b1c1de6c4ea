"""Work in processes of its own, which end with the one that asked for it."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from multiprocessing import Pipe, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class LostProcessError(RuntimeError):
    """A process ended without an answer, most often from outside for want of memory."""


def in_process(function: Callable[[Task], Answer], task: Task) -> Answer:
    """What a function makes of a task in a process of its own; threads ask for several at once.

    The process is spawned: a forked one would inherit the locks of threads that it does not have.
    Python's pool of processes is not used: where one of its processes is killed it asks the others
    to end, and waits for ever for those that ignore SIGTERM, as they do below Dagster in the
    background of a script (Python 3.11.7, 2026-11-27).

    Raises:
        LostProcessError: the process ended without an answer.
        Exception: what the function raised there.
    """
    answers, asked = Pipe(duplex=False)
    process = SpawnProcess(target=_answer, args=(asked, function, task))
    process.start()
    # Its end is the end of the pipe once nobody else could write into that.
    asked.close()
    answer: Answer
    error: Exception | None
    try:
        answer, error = answers.recv()
    except (EOFError, OSError):  # before it began to answer, or before it had done so
        process.join()
        raise LostProcessError(f"process {process.pid} ended with {process.exitcode}") from None
    finally:
        answers.close()
    process.join()
    if error is not None:
        raise error
    return answer


def _answer(asked: Connection, function: Callable[[Task], Answer], task: Task) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        asked.send((function(task), None))
    except Exception as error:  # raised again where the answer is awaited
        error.add_note(traceback.format_exc())
        asked.send((None, error))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
