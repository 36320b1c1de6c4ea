"""What a night decides about counts of people: all that does not stand, part by part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from threading import Lock

import polars as pl

from assets.child_processes import ChildProcesses
from assets.home import Build
from assets.release.disclosure.attacker import SEEN_SCHEMA
from assets.release.disclosure.before import Before, ProvenBlock, read_proven, write_proven
from assets.release.disclosure.cells import NUMBER
from assets.release.disclosure.control import Controlled, Tally, control_tied, together
from assets.release.disclosure.deciding import MOST_PROCESSES
from assets.release.disclosure.earlier import shown
from assets.release.disclosure.earlier_releases import EarlierReleases, YearsDecided
from assets.release.disclosure.people_counts import read_people_counts
from assets.release.disclosure.profile import STD
from assets.release.disclosure.proof import Proof
from assets.release.disclosure.released import RELEASED_SCHEMA
from assets.release.disclosure.released_table import (
    rows_on_record,
    rules_last_time,
    write_released_counts,
)
from assets.release.disclosure.shown_records import BegunRecord
from assets.release.disclosure.standing import fingerprint, rows_of, seen_of, that_stand
from assets.release.disclosure.tied_counts import TiedCounts, tie
from assets.release.disclosure.years_together import (
    Part,
    YearsTogether,
    each_apart,
    in_parts,
    refuse_loose_ends,
    years_together,
)

# Of the memory of the database, which has counts to read and nothing to reckon.
_TO_PROCESSES = Fraction(3, 4)
# While one is read and tied, or hangs on a large block, the processes have the other to do.
_PARTS_AT_ONCE = 2
# Where fewer counts may be decided about at once there is less memory for processes.
_COUNTS_OF_A_PROCESS = 100_000


@dataclass(frozen=True)
class Tonight:
    """Everything that holds of tonight's counts but for the counts themselves.

    ``years_that_stand``: of how many years of indicators nothing was read.
    """

    controlled: Controlled
    years_that_stand: int


@dataclass(frozen=True)
class _DecidedPart:
    """What was decided of a part: ``cells`` with their ``record``, and what there is to say."""

    cells: pl.DataFrame
    controlled: Controlled
    noted: tuple[YearsDecided, ...]


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
    parts = in_parts(asked, max(1, build.counts_together // _PARTS_AT_ONCE))
    years = Part(tuple(asked)).indicator_years
    proven = read_proven(build.home.proven_blocks)
    deciding = _Deciding(
        build,
        earlier,
        versions,
        Before(rules_last_time(build.connection, years), proven),
        records_of,
    )
    decided: list[_DecidedPart] = []
    with (
        build.memory.leaving(_TO_PROCESSES),
        closing(_as_they_end(deciding.decide, parts, build.counts_together)) as ended,
    ):

        def cells() -> Iterator[pl.DataFrame]:
            for part in ended:
                decided.append(replace(part, cells=part.cells.clear()))
                yield part.cells

        years_that_stand = Part(tuple(standing)).indicator_years
        write_released_counts(build.connection, cells(), years_that_stand)
    rows = rows_on_record(build.connection)
    noted = [
        *standing.values(),
        *(
            one.model_copy(update={"rows": rows_of(one, rows)})
            for part in decided
            for one in part.noted
        ),
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


@dataclass(frozen=True)
class _Deciding:
    """Decides about parts, with what is the same for all of them."""

    build: Build
    earlier: EarlierReleases
    versions: Sequence[str]
    before: Before
    records_of: Mapping[str, frozenset[str]] | None
    # To read takes as much memory again as to keep what was read.
    reading: Lock = field(default_factory=Lock)

    def decide(self, part: Part, processes: ChildProcesses) -> _DecidedPart:
        tied, people, begun = self._read(part)
        controlled = control_tied(tied, STD, self.before, processes)
        told_now = each_apart(shown(controlled.cells, people, STD), part.sets)
        finish = self.earlier.records.finish
        records = [finish(*of_set) for of_set in zip(begun, told_now, strict=True)]
        noted = tuple(
            self._noted(*of_set, controlled) for of_set in zip(part.sets, records, strict=True)
        )
        record_of = {year: one.record for one in noted for year in one.indicator_years}
        record = pl.col("indicator_year").replace_strict(record_of, return_dtype=pl.String)
        without = replace(controlled, cells=controlled.cells.clear(), seen=controlled.seen.clear())
        return _DecidedPart(controlled.cells.with_columns(record=record), without, noted)

    def _read(self, part: Part) -> tuple[TiedCounts, pl.DataFrame, list[BegunRecord]]:
        years = part.indicator_years
        with self.reading, self.build.connection.cursor() as connection:
            counts = read_people_counts(connection, STD, years)
            begin = self.earlier.records.begin
            begun = [begin(relations) for relations in each_apart(counts.relations, part.sets)]
            told = self.earlier.told_by(self.versions, counts.people, counts.relations, years)
            year_of = counts.people.select(NUMBER, "indicator_year")
            cells = counts.cells.join(year_of, on=NUMBER, how="left")
            return tie(cells, counts.relations, told), counts.people, begun

    def _noted(self, one: YearsTogether, record: str, controlled: Controlled) -> YearsDecided:
        """What is to be noted, but for the rows, which are not in the table yet."""
        tally = controlled.tally(one.indicator_years)
        return YearsDecided(
            indicator_years=tuple(sorted(one.indicator_years)),
            ties=one.ties,
            record=record,
            fingerprint=fingerprint(one, STD, self.build.code),
            seen=seen_of(one, self.records_of),
            rows={},
            holds=not tally.violations,
            small_numbers=tally.small_numbers,
            hidden_with_them=tally.hidden_with_them,
            blocks=tally.blocks,
        )


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


def _as_they_end(
    decide: Callable[[Part, ChildProcesses], _DecidedPart],
    parts: Sequence[Part],
    most_counts: int,
) -> Generator[_DecidedPart]:
    """What is decided of each part, some at once if they come to no more than so many counts.

    In one process at least, and no more than one for each 100,000 of these counts.

    Where one fails, or nobody asks any more, the rest is left.
    """
    largest = sorted(part.counts for part in parts)[-_PARTS_AT_ONCE:]
    at_once = _PARTS_AT_ONCE if sum(largest) <= most_counts else 1
    deciding = max(1, min(MOST_PROCESSES, most_counts // _COUNTS_OF_A_PROCESS))
    with ChildProcesses(deciding) as processes, ThreadPoolExecutor(at_once) as threads:
        try:
            for ended in as_completed([threads.submit(decide, part, processes) for part in parts]):
                yield ended.result()
        finally:
            processes.stop()
            threads.shutdown(cancel_futures=True)
