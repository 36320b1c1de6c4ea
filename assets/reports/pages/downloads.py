"""The page of downloads, and the files that it leads to: one CSV for each indicator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages.indicator_csv import COLUMNS, csv_address, indicators_with_values


@dataclass(frozen=True, slots=True)
class File:
    """One file of the release, as linked from the report."""

    address: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the release, as a Parquet file."""

    name: str
    address: str
    columns: int


RELEASE_DATABASE = "../doing_with.duckdb"
# The manifest has the hash of every other file, the report's among them: it is written when the
# release is published, and no release is without it.
LAST_WRITTEN = "../manifest.json"
# What stands beside the report in its release; a report built elsewhere lists what is there.
_FILES = (
    (RELEASE_DATABASE, "The release as a DuckDB database: every table with its description"),
    ("../dictionary.md", "The data dictionary: every table and column in words"),
    ("../datapackage.json", "A description of the Parquet files for programs (Frictionless)"),
    (LAST_WRITTEN, "What the release holds and was made of, with hashes"),
    ("../changes.md", "What changed since the release before"),
    ("../cml/metric.parquet", "Central Metrics Library: published values"),
    ("../cml/metadata.parquet", "Central Metrics Library: what each metric is"),
    ("../cml/dimensions.parquet", "Central Metrics Library: dimensions"),
    ("../cml/relationships.parquet", "Central Metrics Library: relationships"),
    ("../cml/source.parquet", "Central Metrics Library: sources"),
    ("../cml/metric_without_value.parquet", "Central Metrics Library: why there is no value"),
)


def pages(release: OpenRelease, folder: Path) -> Iterator[Page]:
    """The page of downloads; ``folder`` is where the site is written, inside its release."""
    counts = indicators_with_values(release)
    is_in_release = (folder / RELEASE_DATABASE).exists()
    yield Page(
        address="downloads.html",
        title="Downloads",
        family="downloads",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "files": [
                File(address, address.removeprefix("../"), what)
                for address, what in _FILES
                if (folder / address).exists() or (is_in_release and address == LAST_WRITTEN)
            ],
            "tables": _tables(release, folder),
            "columns": COLUMNS,
            "components": [
                (
                    indicators[0].component_name,
                    [
                        (
                            indicator,
                            csv_address(indicator.indicator_id),
                            counts[indicator.indicator_id],
                        )
                        for indicator in indicators
                        if indicator.indicator_id in counts
                    ],
                )
                for indicators in release.components().values()
            ],
            "without": [i for i in release.catalogue.values() if i.indicator_id not in counts],
        },
        trail=(("index.html", "England"),),
    )


def _tables(release: OpenRelease, folder: Path) -> list[Table]:
    found = [
        Table(name, f"../parquet/{name}.parquet", columns)
        for name, columns in release.rows(
            "select table_name, count(*) from data_dictionary group by table_name order by 1"
        )
    ]
    return [table for table in found if (folder / table.address).exists()]


def size(path: Path) -> str:
    """The size of a file in words."""
    return f"{wording.decimal(path.stat().st_size / 1e6, 1)} MB"
