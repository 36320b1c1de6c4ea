"""Rules on the raw tables: the editions in use, side by side, as the intake promised them.

What is in a row was judged when its edition was; here it is asked whether the tables still are
those editions, all of them and once, and whether every row leads back to its file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from expectations.rules import NoRows, NoRowsWhere, Rule

# Without these no number can be traced to the row of the file it came from.
_ALWAYS_FILLED = (
    "edition_id",
    "edition_period",
    "edition_coverage",
    "edition_submitter",
    "source_file_name",
    "source_sha256",
    "source_row_number",
)
_SHOW = ("edition_id", "source_row_number")


@dataclass(frozen=True)
class RawTable:
    """What the rules need to know of the raw table of one extract.

    ``has_wide_columns``: one row of the file is several rows of the table. ``is_one_series``: all
    editions are of one publisher, so that two editions of a period would count twice.
    ``says_when_extracted``: rows have the day on which the sender drew them.
    """

    extract: str
    table: str
    owner: str
    is_required: bool
    has_wide_columns: bool
    is_one_series: bool
    says_when_extracted: bool


def raw_rules(tables: Iterable[RawTable], as_of: date) -> list[Rule]:
    """Every rule on every raw table; ``as_of`` is the day that the run is about."""
    return [rule for table in tables for rule in _rules_of(table, as_of)]


def _rules_of(raw: RawTable, as_of: date) -> list[Rule]:
    period = "edition_period" if raw.is_one_series else "edition_submitter, edition_period"
    per = "period" if raw.is_one_series else "submitter and period"
    rows = "count(*)"
    if raw.has_wide_columns:
        rows = "count(distinct source_sha256 || '/' || source_row_number)"
    return [
        NoRowsWhere(
            table=raw.table,
            name="lineage_is_filled",
            description="every row says its edition, file and row number",
            owner=raw.owner,
            condition=" or ".join(f"{column} is null" for column in _ALWAYS_FILLED),
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=raw.table,
            name="row_numbers_count_from_one",
            description="row numbers are those of a file: 1 and up",
            owner=raw.owner,
            condition="source_row_number < 1",
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=raw.table,
            name="period_has_an_order",
            description="a period begins and does not end before that",
            owner=raw.owner,
            condition="edition_period_start is null or edition_period_end < edition_period_start",
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=raw.table,
            name="period_has_begun",
            description="no edition is about a period that begins after the day of the run",
            severity="warning",
            owner=raw.owner,
            reason="2026-11-26: one file with a slip in its date must not stop the others",
            condition=f"edition_period_start > date '{as_of.isoformat()}'",
            identify_by=("edition_id",),
        ),
        NoRows(
            table=raw.table,
            name="rows_are_those_of_the_ledger",
            description="each edition in use has the rows that it was accepted with, and no other",
            owner=raw.owner,
            query=(
                "select coalesce(held.edition_id, accepted.edition_id) as edition_id "
                f"from (select edition_id, {rows} as rows_held from {raw.table} "
                "group by edition_id) as held "
                "full join (select edition_id, rows_loaded from ledger.editions "
                f"where extract = '{raw.extract}' and is_in_use and rows_loaded > 0) as accepted "
                "on held.edition_id = accepted.edition_id "
                "where held.rows_held is distinct from accepted.rows_loaded"
            ),
            identify_by=("edition_id",),
        ),
        NoRows(
            table=raw.table,
            name="one_edition_of_a_period",
            description=f"no two editions of one {per} are in use: their rows would count twice",
            owner=raw.owner,
            query=(
                f"select {period} from {raw.table} group by {period} "
                "having count(distinct edition_id) > 1"
            ),
            identify_by=("edition_period",),
        ),
        *([_was_extracted(raw)] if raw.says_when_extracted else []),
        *([_has_rows(raw)] if raw.is_required else []),
    ]


def _has_rows(raw: RawTable) -> Rule:
    return NoRows(
        table=raw.table,
        name="has_rows",
        description="a required extract has rows",
        owner=raw.owner,
        query=(
            f"select extract from ledger.extracts where extract = '{raw.extract}' "
            f"and not exists (select 1 from {raw.table})"
        ),
        identify_by=("extract",),
    )


def _was_extracted(raw: RawTable) -> Rule:
    # Today, whatever day the run is about: a past night that is run again has later submissions.
    return NoRowsWhere(
        table=raw.table,
        name="was_extracted_by_now",
        description="no row was drawn by its sender after today",
        severity="warning",
        owner=raw.owner,
        reason="2026-11-27: other dates are held against it, and the newest submission counts",
        condition=("try_cast(substr(trim(extracted_at), 1, 10) as date) > current_date + 1"),
        identify_by=_SHOW,
    )
