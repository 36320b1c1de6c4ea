"""Work in processes of its own, which end with the one that asked for it."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import LifoQueue
from types import TracebackType
from typing import Self, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class LostProcessError(RuntimeError):
    """A process ended without an answer, most often from outside for want of memory."""


class StoppedError(RuntimeError):
    """What was asked for was not begun, for nobody wants it any more."""


class ChildProcesses:
    """So many processes that threads of this one ask, each begun when there is work for it.

    They are spawned: a forked one would inherit the locks of threads that it does not have.
    Python's pool of processes is not used: where one of its processes is killed it asks the others
    to end, and waits for ever for those that ignore SIGTERM, as they do below Dagster in the
    background of a script (Python 3.11.7, 2026-11-27).

    Args:
        most: how many there are at once; threads that ask for more wait.
    """

    def __init__(self, most: int) -> None:
        self._idle: LifoQueue[_Child | None] = LifoQueue()
        self._most = most
        self._is_stopped = False
        for _ in range(most):
            self._idle.put(None)

    def ask(self, function: Callable[[Task], Answer], task: Task) -> Answer:
        """What a function makes of a task in one of the processes, as soon as one is idle.

        Raises:
            LostProcessError: the process ended without an answer; the next one to ask has another.
            StoppedError: ``stop`` was called before it was begun.
            Exception: what the function raised there.
        """
        child = self._idle.get()
        try:
            self.refuse_if_stopped()
            child = child or _Child()
            answer: Answer
            error: Exception | None
            try:
                answer, error = child.answer(function, task)
            except BaseException:
                # What it still says to this must not be taken for an answer to the next.
                child.kill()
                child = None
                raise
        finally:
            self._idle.put(child)
        if error is not None:
            raise error
        return answer

    def stop(self) -> None:
        """Begin nothing more; what was begun is answered."""
        self._is_stopped = True

    def refuse_if_stopped(self) -> None:
        """For threads that have something to do before they ask.

        Raises:
            StoppedError: ``stop`` was called.
        """
        if self._is_stopped:
            raise StoppedError("nothing more is begun: something else failed, or the run ends")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.stop()
        for child in [self._idle.get() for _ in range(self._most)]:
            if child is not None:
                child.end()
            # Who asks now is told that it is over.
            self._idle.put(None)


def in_process(function: Callable[[Task], Answer], task: Task) -> Answer:
    """What a function makes of a task in a process of its own; threads ask for several at once.

    Raises:
        LostProcessError: the process ended without an answer.
        Exception: what the function raised there.
    """
    with ChildProcesses(1) as processes:
        return processes.ask(function, task)


class _Child:
    """A process, and the pipe through which it is asked and answers."""

    def __init__(self) -> None:
        self._pipe, of_child = Pipe()
        self._process = SpawnProcess(target=_answer_all, args=(of_child,))
        self._process.start()
        # Its end is the end of the pipe once nobody else could write into that.
        of_child.close()

    def answer(
        self, function: Callable[[Task], Answer], task: Task
    ) -> tuple[Answer, Exception | None]:
        try:
            self._pipe.send((function, task))
            answer: tuple[Answer, Exception | None] = self._pipe.recv()
        except (EOFError, OSError):  # before it began to answer, or before it had done so
            self.end()
            ended = f"process {self._process.pid} ended with {self._process.exitcode}"
            raise LostProcessError(ended) from None
        return answer

    def end(self) -> None:
        """Wait for its end: there is nothing more to read for it."""
        self._pipe.close()
        self._process.join()

    def kill(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self.end()


def _answer_all(asked: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Until nobody asks any more, or waits for the answer.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            _answer(asked, *asked.recv())


def _answer(asked: Connection, function: Callable[[Task], Answer], task: Task) -> None:
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
