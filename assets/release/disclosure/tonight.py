"""What a night decides about counts of people: all that does not stand, part by part."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock

import duckdb
import polars as pl

from assets.child_processes import ChildProcesses, LostProcessError
from assets.home import Build
from assets.release.disclosure.attacker import SEEN_SCHEMA
from assets.release.disclosure.before import ProvenBlock, read_proven, write_proven
from assets.release.disclosure.control import Controlled, Tally, together
from assets.release.disclosure.earlier_releases import YearsDecided
from assets.release.disclosure.part_in_files import DecidedPart, Known, PartInFiles, write_part
from assets.release.disclosure.profile import STD
from assets.release.disclosure.proof import Proof
from assets.release.disclosure.released import RELEASED_SCHEMA
from assets.release.disclosure.released_table import rows_on_record, write_released_counts
from assets.release.disclosure.standing import that_stand
from assets.release.disclosure.years_together import (
    Part,
    YearsTogether,
    in_parts,
    refuse_loose_ends,
    years_together,
)

# Of the memory of the database, which has counts to hand over and nothing to reckon.
_TO_PROCESSES = Fraction(3, 4)
_MOST_PROCESSES = min(4, os.cpu_count() or 1)
# What hangs together can be more: of England up to 426,000, for which a process takes 0.8 GB, and
# up to 0.9 GB for a block of 229,000 (2026-11-28).
_COUNTS_OF_A_PROCESS = 250_000
# A process takes a second to begin, in which so many counts are decided about.
_WORTH_A_PROCESS = 30_000


class LostPartError(RuntimeError):
    """A process that had a part to decide about is gone."""


@dataclass(frozen=True)
class Tonight:
    """Everything that holds of tonight's counts but for the counts themselves.

    ``years_that_stand``: of how many years of indicators nothing was read.
    """

    controlled: Controlled
    years_that_stand: int


def decide_tonight(build: Build, versions: Sequence[str]) -> Tonight:
    """Write ``disclosure.released_counts``, and put on record what would be shown.

    In: the build, and the releases that readers may still have.

    Years of indicators of which nothing is new stand (see ``standing``): of them, nothing is read
    or written.

    Raises:
        DisclosureInputError: the counts contradict themselves or each other.
        SolverError: HiGHS gave up on the proof.
        LostPartError: a process was ended from outside; what was decided last time stays.
        UnreadableRecordError: a file does not say what an earlier release showed.
    """
    earlier = build.home.shown_before
    records_of = earlier.records_of(versions)
    every = years_together(build.connection, earlier.ties(versions))
    standing = that_stand(
        every,
        STD,
        build.code,
        # Without what was proven nothing stands: all of it is proven again.
        earlier.decided() if build.home.proven_blocks.exists() else (),
        records_of,
        rows_on_record(build.connection),
        earlier.records.is_there,
    )
    asked = [one for one in every if one not in standing]
    refuse_loose_ends(build.connection, asked)
    proven = read_proven(build.home.proven_blocks)
    known = Known(earlier, versions, records_of, proven, STD, build.code)
    years_that_stand = Part(tuple(standing)).indicator_years
    decided: list[DecidedPart] = []
    with (
        build.memory.leaving(_TO_PROCESSES),
        closing(_as_they_are_decided(build, asked, known)) as ended,
    ):

        def cells() -> Generator[duckdb.DuckDBPyRelation]:
            for part in ended:
                decided.append(part)
                yield part.released(build.connection)

        write_released_counts(build.connection, cells(), years_that_stand)
    rows = rows_on_record(build.connection)
    noted = [
        *standing.values(),
        *(one for part in decided for one in part.noted_with_rows(rows)),
    ]
    stays = years_that_stand.union(*(one.indicator_years for one in noted if not one.holds))
    remembered = frozenset(block for block in proven if block.indicator_year in stays)
    whole = together(
        [_that_stands(standing.values(), remembered), *(part.controlled for part in decided)]
    )
    # What stands is taken as proven, so that is written first.
    write_proven(build.home.proven_blocks, whole.proven)
    earlier.note(noted)
    return Tonight(whole, len(years_that_stand))


def _that_stands(standing: Collection[YearsDecided], proven: frozenset[ProvenBlock]) -> Controlled:
    """What there is to say of what stands: as of a part of which every block is remembered."""
    tallies = [
        Tally(one.small_numbers, one.hidden_with_them, one.blocks, one.blocks) for one in standing
    ]
    years = pl.Series([one.indicator_years[0] for one in standing], dtype=pl.String)
    by_year = pl.DataFrame(tallies, schema=dict.fromkeys(Tally._fields, pl.Int64), orient="row")
    by_year = by_year.select(years.alias("indicator_year"), *Tally._fields)
    return Controlled(
        pl.DataFrame(schema=RELEASED_SCHEMA),
        pl.DataFrame(schema=SEEN_SCHEMA),
        Proof((), int(by_year["small_numbers"].sum()), int(by_year["hidden_with_them"].sum()), 0),
        by_year,
        proven,
        rounds=0,
        parts=0,
    )


def _as_they_are_decided(
    build: Build, sets: Collection[YearsTogether], known: Known
) -> Generator[DecidedPart]:
    """What is decided of all sets of years, part by part.

    Few counts are decided about in this process, more in at least one other: in one for each
    250,000 that may be decided about at once. The files of a part go when the next is asked for.
    Where one fails, or nobody asks any more, the rest is left, and the end of the run removes it.

    Raises:
        LostPartError: a process was ended from outside.
        Exception: what failed in one of them.
    """
    folder = build.home.parts_to_decide
    build.home.remove_unfinished()
    folder.mkdir(mode=0o700)
    most = max(1, min(_MOST_PROCESSES, build.counts_together // _COUNTS_OF_A_PROCESS))
    parts = in_parts(sets, min(build.counts_together, _COUNTS_OF_A_PROCESS))
    is_worth_a_process = sum(part.counts for part in parts) > _WORTH_A_PROCESS
    writing = Lock()
    # With one thread more than there are processes, none of these waits for its files.
    with ChildProcesses(most) as processes, ThreadPoolExecutor(most + 1) as threads:

        def write_and_decide(place: int) -> DecidedPart:
            with writing, build.connection.cursor() as connection:
                processes.refuse_if_stopped()
                part = write_part(connection, parts[place], folder / str(place), known)
            if is_worth_a_process:
                return processes.ask(PartInFiles.decide, part)
            return part.decide()

        try:
            for ended in as_completed(
                [threads.submit(write_and_decide, place) for place in range(len(parts))]
            ):
                part = ended.result()
                yield part
                shutil.rmtree(part.folder)
        except LostProcessError as error:
            raise LostPartError(
                f"a process that decided about one of {len(parts)} parts of the counts was ended "
                "from outside, most often for want of memory: see what the system says (dmesg), "
                "lower DOING_WITH_MEMORY_LIMIT or DOING_WITH_COUNTS_TOGETHER, or give the machine "
                "more, and run again"
            ) from error
        finally:
            processes.stop()
            threads.shutdown(cancel_futures=True)
    folder.rmdir()
