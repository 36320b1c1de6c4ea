"""Files of the next editions, examined by other threads while one edition is judged.

Most of the intake of a file hangs on that file alone: it is read, scanned and held against its
contract. One file at a time keeps one core busy, however many there are. What hangs on other
editions, and whatever is archived and recorded, stays with the thread that judges, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from shutil import rmtree

import duckdb

from assets.extracts.holding.editions import EditionStore
from assets.extracts.judging.parts import Examined, FiledArrival, PartIntake

# They share one limit of memory, and each has more than one core at times. With two cores two at
# once took 0.56 of the time of one (a tenth of England, 2026-11-28); more than four: not measured.
_MOST_AT_ONCE = 4


@dataclass(frozen=True)
class ToExamine:
    """A file, the edition that it is of, and its number there."""

    filed: FiledArrival
    edition_id: str
    number: int

    def is_same(self, other: ToExamine) -> bool:
        """Whether it is the same file of the same edition."""
        same_place = (self.edition_id, self.number) == (other.edition_id, other.number)
        return same_place and self.filed is other.filed


@dataclass
class _Coming:
    """A file that will most likely be asked for, what comes of it, and where that is put."""

    file: ToExamine
    folder: Path
    begun: Future[Examined] | None = None


@dataclass
class Ahead:
    """Examines files before they are asked for; nothing is left of one that nobody asks for."""

    parts: PartIntake
    at_once: int
    pool: ThreadPoolExecutor
    coming: deque[_Coming] = field(default_factory=deque)

    def examine(self, file: ToExamine, folder: Path) -> Examined:
        """As ``PartIntake.examine``, of what was begun if it was."""
        self._begin()
        if any(each.file.is_same(file) for each in self.coming):
            while not (found := self.coming.popleft()).file.is_same(file):
                # What was to be asked for before will not be any more.
                if found.begun is not None:
                    found.begun.add_done_callback(partial(_forget, found.folder))
            self._begin()
            if found.begun is not None and (examined := self._result_of(found.begun)) is not None:
                for path in found.folder.iterdir():
                    path.replace(folder / path.name)
                return examined
        return self.parts.examine(file.filed, file.edition_id, folder, file.number)

    def _result_of(self, begun: Future[Examined]) -> Examined | None:
        """What came of a file; None if there was no memory beside the others, which are ended."""
        try:
            return begun.result()
        except (MemoryError, duckdb.OutOfMemoryException):
            wait([each.begun for each in self.coming if each.begun is not None])
            return None

    def _begin(self) -> None:
        """Have as many under way as may be at once."""
        for each in islice(self.coming, self.at_once):
            each.begun = each.begun or self.pool.submit(self._examined, each.file, each.folder)

    def _examined(self, file: ToExamine, folder: Path) -> Examined:
        folder.mkdir()
        try:
            with self.parts.connection.cursor() as connection:
                parts = replace(self.parts, connection=connection)
                return parts.examine(file.filed, file.edition_id, folder, file.number)
        except BaseException:
            # It may hold what must not be kept.
            rmtree(folder)
            raise


def _forget(folder: Path, _: Future[Examined]) -> None:
    rmtree(folder, ignore_errors=True)


@contextmanager
def examining_ahead(
    parts: PartIntake, editions: EditionStore, extract: str, files: Sequence[ToExamine]
) -> Iterator[Ahead]:
    """Examine files of an extract, in the order of asking, one at once for each thread of DuckDB.

    Whoever asks for the only one would wait for it anyway: it is not begun before.
    """
    [(threads,)] = parts.connection.execute("select current_setting('threads')").fetchall()
    at_once = min(threads, _MOST_AT_ONCE)
    with ThreadPoolExecutor(at_once, "examining") as pool:
        ahead = Ahead(parts, at_once, pool)
        if len(files) < 2:
            yield ahead
            return
        folder = editions.working_folder(extract, "-ahead")
        ahead.coming.extend(_Coming(f, folder / str(n)) for n, f in enumerate(files))
        try:
            yield ahead
        finally:
            pool.shutdown(cancel_futures=True)
            # What is left is swept at the end of the run, whatever ended this.
            rmtree(folder, ignore_errors=True)
