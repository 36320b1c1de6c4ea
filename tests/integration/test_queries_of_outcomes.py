"""The query beside an outcome on an edition: it shows the rows in the build, and never persons."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from desk import Desk

from assets.extracts.holding.ledger import write_ledger
from expectations.results import RESULTS

STAFF = "pcn-workforce/PCN_individual_level_2025-09.csv"
FILES = (
    "ods-reference/epraccur_2025-09.csv",
    "community/X-SPREF_GB-CHC-9900001_2025-09.csv",
    "community/QZZ_2025-06.xlsx",
)
CONTRACTED = "NWRS contracted services"


def staff(sample_landing: Path) -> tuple[list[str], list[list[str]], int]:
    """Header and rows of the workforce, and the number of the first row that is no person."""
    text = (sample_landing / STAFF).read_text(encoding="cp1252")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    source = header.index("Data_source")
    return header, rows, next(n for n, row in enumerate(rows, start=1) if row[source] == CONTRACTED)


@pytest.fixture
def judged(empty_desk: Desk, sample_landing: Path) -> Desk:
    """A desk with editions of several extracts; one row of the workforce is not as it should be."""
    for name in FILES:
        empty_desk.put(name, (sample_landing / name).read_bytes())
    header, rows, odd_row = staff(sample_landing)
    rows[odd_row - 1][header.index("UNIQUE_IDENTIFIER")] = "somebody"
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    empty_desk.put(STAFF, out.getvalue().encode("cp1252"))
    empty_desk.take_in("ods_practices")
    empty_desk.take_in(*empty_desk.contracts)
    write_ledger(
        empty_desk.connection,
        empty_desk.contracts,
        empty_desk.editions,
        empty_desk.arrivals.listed(),
        date(2025, 11, 1),
        "a run",
    )
    return empty_desk


def outcomes(desk: Desk) -> list[tuple[str, str, bool, str | None]]:
    return desk.connection.execute(
        f"select table_name, rule, passed, query from {RESULTS} where suite = 'edition'"
    ).fetchall()


def test_the_query_shows_the_rows_that_break_a_rule_and_none_where_it_holds(
    judged: Desk, sample_landing: Path
) -> None:
    shown = {}
    for table, rule, passed, query in outcomes(judged):
        if query is not None:
            found = judged.connection.execute(query)
            names = [name for name, *_ in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            assert bool(rows) != passed, (table, rule)
            shown[(table.split(":")[0], rule)] = rows
    assert {extract for extract, _ in shown} == {
        "ods_practices", "pcnwf_staff", "decision_groups", "staff_survey",
        # in the same workbook
        "community_literacy", "decision_meetings", "engagement_records", "staff_training",
    }  # fmt: skip
    [row] = shown[("pcnwf_staff", "only_people_have_identifiers")]
    *_, odd_row = staff(sample_landing)
    assert (row["source_row_number"], row["source_file_name"]) == (odd_row, STAFF)


def test_no_query_leads_to_a_person_or_to_what_is_gone(judged: Desk) -> None:
    queries = {table.split(":")[0]: set() for table, *_ in outcomes(judged)}
    for table, _, _, query in outcomes(judged):
        queries[table.split(":")[0]].add(query)
    assert queries["sp_referrals"] == queries["decision_seats"] == {None}
    every = " ".join(query for found in queries.values() for query in found if query)
    for word in ("restricted", "checking", "read_parquet", str(judged.home.folder)):
        assert word not in every
