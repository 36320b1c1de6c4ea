"""What the dbt project says that a family of pages reads is what it reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
import yaml
from report_pages import small_release
from report_release import insert

from assets.reports.open_release import OpenRelease
from assets.reports.page import html_of
from assets.reports.pages import (
    about,
    areas,
    context,
    coproduction,
    downloads,
    indicators,
    inequalities,
    overview,
    quality,
)
from assets.reports.pages.indicator_csv import write_csvs

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
MARTS = {path.stem for path in (MODELS / "marts").glob("*.sql")}
# Read once when a release is opened, for all pages.
SHARED = {
    "areas", "area_relationships", "extract_editions", "extracts", "indicators", "latest_values",
    "practice_profile", "value_lineage",
}  # fmt: skip
Family = Callable[[OpenRelease, Path], object]


def rendered(pages: Iterable[Any], release: OpenRelease) -> None:
    for page in pages:
        html_of(page, release)


FAMILIES: dict[str, tuple[Family, ...]] = {
    "england": (lambda r, _: rendered(overview.pages(r), r),),
    "areas": (
        lambda r, _: rendered([areas.index(r)], r),
        lambda r, _: rendered(areas.pages_of(r, areas.batches(r)), r),
    ),
    "indicators": (lambda r, folder: rendered(indicators.pages(r, folder), r),),
    "coproduction": (
        lambda r, _: rendered(coproduction.pages(r), r),
        coproduction.write_chunks,
    ),
    "inequalities": (lambda r, _: rendered(inequalities.pages(r), r),),
    "context": (lambda r, _: rendered(context.pages(r), r), context.write_chunks),
    "quality": (lambda r, _: rendered(quality.pages(r), r),),
    "downloads": (lambda r, folder: rendered(downloads.pages(r, folder), r), write_csvs),
    "about": (lambda r, _: rendered(about.pages(r), r),),
}


class Listening:
    """A connection that notes the tables which queries name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.tables: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        self.tables |= set(re.findall(r"\b(?:from|join)\s+([a-z_]+)", query)) & MARTS
        return self._connection.execute(query, parameters)


def of_inequality(connection: duckdb.DuckDBPyConnection) -> None:
    """What a page asks for only when the catalogue has it."""
    insert(connection, "indicators", indicator_id="PC-INQ-01", title="Inequality", unit="slope")


def declared() -> dict[str, set[str]]:
    content = yaml.safe_load((MODELS / "exposures.yml").read_text(encoding="utf-8"))
    return {
        exposure["name"].removeprefix("report_"): {
            reference.removeprefix("ref('").removesuffix("')")
            for reference in exposure["depends_on"]
        }
        for exposure in content["exposures"]
    }


def test_every_family_is_declared_and_every_declared_one_is_written() -> None:
    assert set(declared()) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_reads_what_it_is_declared_to_read(family: str, tmp_path: Path) -> None:
    with small_release(tmp_path, of_inequality) as release:
        listening = Listening(release.connection)
        heard = replace(release, connection=cast("duckdb.DuckDBPyConnection", listening))
        for write in FAMILIES[family]:
            write(heard, tmp_path)
    assert listening.tables <= declared()[family]
    assert declared()[family] <= listening.tables | SHARED
