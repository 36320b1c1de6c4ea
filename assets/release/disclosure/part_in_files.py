"""A part of tonight's counts in files of a folder: all that a process needs to decide about it.

So whoever asks keeps nothing of it in memory: what it takes to read and decide is given back when
the process ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import polars as pl

from assets.release.disclosure.before import Before, ProvenBlock
from assets.release.disclosure.cells import NUMBER
from assets.release.disclosure.control import Controlled, control_tied
from assets.release.disclosure.earlier import shown
from assets.release.disclosure.earlier_releases import EarlierReleases, YearsDecided
from assets.release.disclosure.people_counts import read_written_counts, write_people_counts
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.released_table import rules_last_time
from assets.release.disclosure.shown_records import BegunRecord
from assets.release.disclosure.standing import fingerprint, rows_of, seen_of
from assets.release.disclosure.tied_counts import TiedCounts, tie
from assets.release.disclosure.years_together import Part, YearsTogether, each_apart


@dataclass(frozen=True)
class Known:
    """What is known before any part is decided about, and the same for all of them.

    ``versions`` are the releases that readers may still have, ``records_of`` what they have of
    each year of an indicator, ``proven`` the blocks that earlier nights have proven, ``profile``
    the rules, ``code`` the identity of the code.
    """

    earlier: EarlierReleases
    versions: Sequence[str]
    records_of: Mapping[str, frozenset[str]] | None
    proven: frozenset[ProvenBlock]
    profile: Profile
    code: str


@dataclass(frozen=True)
class PartInFiles:
    """A part, the folder with its counts and last night's rules, and what else is known of it."""

    part: Part
    folder: Path
    known: Known

    def decide(self) -> DecidedPart:
        """Decide about it, put on record what would be shown, and write what is released.

        Raises:
            DisclosureInputError: the counts contradict themselves or each other.
            SolverError: HiGHS gave up on the proof.
            UnreadableRecordError: a file does not say what an earlier release showed.
        """
        earlier, profile, sets = self.known.earlier, self.known.profile, self.part.sets
        tied, people, begun = self._read()
        before = Before(pl.read_parquet(_rules(self.folder)), self.known.proven)
        controlled = control_tied(tied, profile, before)
        told_now = each_apart(shown(controlled.cells, people, profile), sets)
        records = [earlier.records.finish(*of_set) for of_set in zip(begun, told_now, strict=True)]
        noted = tuple(
            self._noted(*of_set, controlled) for of_set in zip(sets, records, strict=True)
        )
        record_of = {year: one.record for one in noted for year in one.indicator_years}
        record = pl.col("indicator_year").replace_strict(record_of, return_dtype=pl.String)
        controlled.cells.with_columns(record=record).write_parquet(_released(self.folder))
        without = replace(controlled, cells=controlled.cells.clear(), seen=controlled.seen.clear())
        return DecidedPart(self.folder, without, noted)

    def _read(self) -> tuple[TiedCounts, pl.DataFrame, list[BegunRecord]]:
        earlier, years = self.known.earlier, self.part.indicator_years
        counts = read_written_counts(self.folder, self.known.profile)
        begun = [
            earlier.records.begin(relations)
            for relations in each_apart(counts.relations, self.part.sets)
        ]
        told = earlier.told_by(self.known.versions, counts.people, counts.relations, years)
        people = counts.people.select(NUMBER, "people", "indicator_year")
        cells = counts.cells.join(people, on=NUMBER, how="left")
        return tie(cells, counts.relations, told), counts.people, begun

    def _noted(self, one: YearsTogether, record: str, controlled: Controlled) -> YearsDecided:
        """What is to be noted, but for the rows, which are not in the table yet."""
        tally = controlled.tally(one.indicator_years)
        return YearsDecided(
            indicator_years=tuple(sorted(one.indicator_years)),
            ties=one.ties,
            record=record,
            fingerprint=fingerprint(one, self.known.profile, self.known.code),
            seen=seen_of(one, self.known.records_of),
            rows={},
            holds=not tally.violations,
            small_numbers=tally.small_numbers,
            hidden_with_them=tally.hidden_with_them,
            blocks=tally.blocks,
        )


@dataclass(frozen=True)
class DecidedPart:
    """What was decided of a part: in a folder what is released, and what there is to say of it.

    ``controlled`` is without ``cells`` and what is ``seen`` of them.
    """

    folder: Path
    controlled: Controlled
    noted: tuple[YearsDecided, ...]

    def released(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """One row per cell (``RELEASED_SCHEMA``), with the ``record`` of what is shown of it."""
        return connection.read_parquet(str(_released(self.folder)))

    def noted_with_rows(self, rows: Mapping[str, str]) -> list[YearsDecided]:
        """What is to be noted, now that the table says this of each year (``rows_on_record``)."""
        return [one.model_copy(update={"rows": rows_of(one, rows)}) for one in self.noted]


def write_part(
    connection: duckdb.DuckDBPyConnection, part: Part, folder: Path, known: Known
) -> PartInFiles:
    """Write counts, relations and last night's rules of a part into a new folder."""
    folder.mkdir(mode=0o700)
    years = part.indicator_years
    write_people_counts(connection, years, folder)
    rules_last_time(connection, years).write_parquet(_rules(folder))
    # Those of before 2026-11-28 do not say what year they are of.
    of_part = frozenset(block for block in known.proven if block.indicator_year in years | {""})
    return PartInFiles(part, folder, replace(known, proven=of_part))


def _rules(folder: Path) -> Path:
    return folder / "rules.parquet"


def _released(folder: Path) -> Path:
    return folder / "released.parquet"
