"""Processes that work for this one and end with it."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process


def pool_of(most: int) -> ProcessPoolExecutor:
    """As many processes as there are cores, and no more than ``most``.

    They are spawned: a forked process would inherit the locks of threads that it does not have.
    """
    return ProcessPoolExecutor(
        max(1, min(most, os.cpu_count() or 1)), get_context("spawn"), _end_with_parent
    )


def _end_with_parent() -> None:
    """End when the parent was killed.

    A worker waits for tasks at a pipe of which it holds both ends, and would wait for ever.
    """
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
