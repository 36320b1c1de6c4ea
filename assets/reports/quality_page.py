"""The result page of a run: what every rule found, on one page that needs no network.

A run rewrites its page whenever rules have run, so that one that fails has it too. The page shows
the stored outcomes and nothing else; what those may show is decided where rules run.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assets.durable_files import write_atomically
from assets.reports import wording
from expectations.results import RESULTS

PAGE = "index.html"
# Pages of runs that are kept; a night leaves one, and a month back is further than anyone looks.
KEPT_RUNS = 30

_TEMPLATES = Path(__file__).parent / "templates"
_ORDER = ("edition", "raw", "mart", "candidate", "report")


@dataclass(frozen=True, slots=True)
class Found:
    """One rule and what it found, as it was stored."""

    suite: str
    table: str
    rule: str
    severity: str
    owner: str
    description: str
    reason: str
    passed: bool
    observed: str
    failing_rows: int
    examples: str
    query: str

    @property
    def outcome(self) -> str:
        """Passed, failed or shown as a warning: what it means for the release."""
        if self.passed:
            return "passed"
        return "failed" if self.severity == "critical" else "warning"


@dataclass(frozen=True, slots=True)
class TableFound:
    """The rules of one table in one suite, those that did not hold first."""

    table: str
    found: tuple[Found, ...]

    @property
    def failed(self) -> int:
        """Critical rules that did not hold."""
        return sum(found.outcome == "failed" for found in self.found)

    @property
    def warnings(self) -> int:
        """Warnings that did not hold."""
        return sum(found.outcome == "warning" for found in self.found)


@dataclass(frozen=True, slots=True)
class SuiteFound:
    """The tables of one suite, those with something that did not hold first."""

    name: str
    title: str
    tables: tuple[TableFound, ...]


def write_run_page(connection: duckdb.DuckDBPyConnection, folder: Path, run_id: str) -> Path:
    """Write the page of a run below the folder of such pages, and remove all but the newest.

    In: a connection to the build. Out: the path of the page, which is private to the pipeline.
    """
    page = _write(connection, folder / run_id, f"Run {run_id}")
    runs = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in runs[KEPT_RUNS:]:
        shutil.rmtree(old)
    return page


def write_release_page(connection: duckdb.DuckDBPyConnection, folder: Path, version: str) -> Path:
    """Write ``quality/index.html`` into the folder of a release, and give its path."""
    return _write(connection, folder / "quality", f"Release {version}")


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, title: str) -> Path:
    every = _read(connection)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("quality.html.j2").render(
        title=title,
        is_made_up=_is_made_up(connection),
        suites=_suites(every),
        # Ours alone: nothing of the data is ever marked as safe.
        css=Markup((_TEMPLATES / "quality.css").read_text(encoding="utf-8")),  # noqa: S704
        script=Markup((_TEMPLATES / "quality.js").read_text(encoding="utf-8")),  # noqa: S704
        rules=len(every),
        failed=sum(found.outcome == "failed" for found in every),
        warnings=sum(found.outcome == "warning" for found in every),
        words=wording,
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    write_atomically(page, html)
    return page


def _read(connection: duckdb.DuckDBPyConnection) -> list[Found]:
    rows = connection.execute(
        "select suite, table_name, rule, severity, owner, description, reason, passed, observed, "
        f"failing_rows, examples, coalesce(query, '') from {RESULTS}"
    ).fetchall()
    return [Found(*row) for row in rows]


def _is_made_up(connection: duckdb.DuckDBPyConnection) -> bool:
    [(made_up,)] = connection.execute(
        "select coalesce(bool_or(is_synthetic), false) from ledger.editions where is_in_use"
    ).fetchall()
    return bool(made_up)


def _suites(every: Sequence[Found]) -> list[SuiteFound]:
    def order(found: Found) -> tuple[int, str, str]:
        place = _ORDER.index(found.suite) if found.suite in _ORDER else len(_ORDER)
        return place, found.suite, found.table

    suites = []
    for name, of_suite in groupby(sorted(every, key=order), key=lambda found: found.suite):
        tables = [
            TableFound(table, tuple(sorted(of_table, key=_worst_first)))
            for table, of_table in groupby(of_suite, key=lambda found: found.table)
        ]
        tables.sort(key=lambda table: (-table.failed, -table.warnings, table.table))
        suites.append(SuiteFound(name, wording.SUITES.get(name, name), tuple(tables)))
    return suites


def _worst_first(found: Found) -> tuple[int, str]:
    return ("failed", "warning", "passed").index(found.outcome), found.rule
