"""The result page of a run: worst first, everything escaped, nothing from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets.reports.quality_page import KEPT_RUNS, write_release_page, write_run_page
from expectations import results
from expectations.rules import NoRowsWhere, Outcome, Rule

HOSTILE = "<script>alert('x')</script>&\"'"


def rule(name: str, table: str = "marts.areas", severity: str = "critical") -> Rule:
    return NoRowsWhere(
        table=table,
        name=name,
        description=f"what {name} asks {HOSTILE}",
        severity="critical" if severity == "critical" else "warning",
        reason=f"2026-11-26: because {HOSTILE}",
        condition=f"area_name < '{HOSTILE}'",
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect()
    opened.execute("create schema ledger")
    opened.execute("create table ledger.editions as select true as is_synthetic, true as is_in_use")
    results.record(
        opened,
        "run",
        "mart",
        [
            Outcome(rule("holds"), True, "0"),
            Outcome(rule("warns", severity="warning"), False, "3", 3, HOSTILE),
            Outcome(rule("fails"), False, "12", 1234, f"area_code {HOSTILE}"),
            Outcome(rule("fine", table="marts.aaa"), True, "0"),
        ],
    )
    yield opened
    opened.close()


def test_worst_first_and_all_there(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    page = write_run_page(connection, tmp_path / "quality", "a-run")
    assert page == tmp_path / "quality" / "a-run" / "index.html"
    text = page.read_text(encoding="utf-8")
    places = [text.index(f"what {name} asks") for name in ("fails", "warns", "holds", "fine")]
    assert places == sorted(places)
    for said in (
        "1,234",
        "because",
        "area_code",
        "select * from marts.areas where area_name",
        "Made-up data",
    ):
        assert said in text


def test_nothing_of_the_data_is_markup(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = write_release_page(connection, tmp_path, "1.2.3").read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "<script>alert" not in text
    assert text.count("<script>") == 1
    for source in ("http://", "https://", "src=", "@import", "url(", "fetch(", "XMLHttp"):
        assert source not in text


def test_old_runs_go(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for number in range(KEPT_RUNS + 5):
        write_run_page(connection, tmp_path, f"run-{number:02}")
        os.utime(tmp_path / f"run-{number:02}", (number, number))
    write_run_page(connection, tmp_path, "newest")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == KEPT_RUNS
    assert "newest" in kept
    assert "run-34" in kept
    assert "run-00" not in kept


def test_a_run_without_outcomes_says_so(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema ledger")
        connection.execute("create table ledger.editions (is_synthetic boolean, is_in_use boolean)")
        results.prepare(connection)
        text = write_run_page(connection, tmp_path, "empty").read_text(encoding="utf-8")
    assert "No outcome of any rule is stored" in text
    assert "Made-up" not in text
