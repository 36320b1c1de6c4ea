"""What releases showed as it was put on record before 2026-11-28: two files for each release.

They are read until the last of these releases is kept no longer.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from assets.release.disclosure.cells import NUMBER
from assets.release.disclosure.earlier import ShownThen

_TIES = ("indicator_year", "tied_to")


def files_of_release(folder: Path, version: str) -> tuple[Path, Path]:
    """Where cells and relations of a release are, if they are."""
    return folder / f"{version}.cells.parquet", folder / f"{version}.relations.parquet"


def shown_by_release(
    folder: Path, version: str, indicator_years: Collection[str] | None
) -> ShownThen:
    """What a release showed of some years of indicators, or of all."""
    cells, relations = (_read(path, indicator_years) for path in files_of_release(folder, version))
    if NUMBER not in relations.columns:
        # By name, as all were at first. They are called after no count, so that none is taken for
        # one of today, and each is told as it was.
        relations = relations.join(cells.select("cell_id", NUMBER), on="cell_id").with_columns(
            relation_id=-pl.col("relation_id").rank("dense").cast(pl.Int64)
        )
    return ShownThen(version, cells, relations)


def ties_of_release(folder: Path, version: str) -> set[tuple[str, str]]:
    """Which years of indicators hung together in a release."""
    _, relations = files_of_release(folder, version)
    ties = _scan(relations).select(*_TIES).unique().collect()
    return {(year, tied_to) for year, tied_to in ties.iter_rows()}


def _read(path: Path, indicator_years: Collection[str] | None) -> pl.DataFrame:
    table = _scan(path)
    if indicator_years is not None:
        table = table.filter(pl.col("indicator_year").is_in(sorted(indicator_years)))
    return table.collect()


def _scan(path: Path) -> pl.LazyFrame:
    table = pl.scan_parquet(path)
    columns = table.collect_schema().names()
    if "people" in columns and NUMBER not in columns:
        # As the relations are: by name.
        table = table.with_row_index(NUMBER).cast({NUMBER: pl.Int64})
    if "indicator_year" in columns:
        return table
    # Before 2026-11-27: only what counts and relations are called says it.
    table = table.with_columns(indicator_year=_indicator_year("cell_id"))
    if "relation_id" in columns:
        table = table.with_columns(tied_to=_indicator_year("relation_id"))
    return table


def _indicator_year(name: str) -> pl.Expr:
    """Indicator and financial year of a count or relation, from the keys that it is called by."""
    keys = pl.col(name).str.split("|")
    last_day = keys.list.get(5, null_on_oob=True).str.to_date(strict=False)
    began = last_day.dt.offset_by("-3mo").dt.year()
    next_year = (began + 1).cast(pl.String).str.slice(2)
    year = pl.concat_str(began.cast(pl.String), pl.lit("/"), next_year)
    return pl.concat_str(keys.list.first(), pl.lit(" "), year.fill_null(""))
