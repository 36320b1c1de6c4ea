"""Whether the baselines came to the numbers that the platform released."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.national.pandas_way import SERIES

_KEY = (
    "indicator_id, area_type, area_code, hierarchy_basis, series_id, period_start, period_end, "
    "category_type, category"
)
_TOLERANCE = "1e-9"


@dataclass(frozen=True, slots=True)
class Compared:
    """How many values of a baseline the platform has too, and how many of them differ."""

    baseline: str
    compared: int
    different: int
    missing: int


def compare_bare(release: Path, bare: Path) -> Compared:
    """Hold the values of the bare script against a release, row by row.

    Local counts of people are left out: the release rounds and hides them, the script does not.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release}' as release (read_only)")
        connection.execute(f"attach '{bare}' as bare (read_only)")
        [counted] = connection.execute(
            f"""
            with open_counts as (
                select {_KEY}, value, value_state from bare.marts.indicator_values
                where disclosure_class <> 'std'
            ),
            released as (
                select {_KEY}, value, value_state from release.main.indicator_values
                where disclosure_class <> 'std'
            )
            select
                count(*),
                count(*) filter (
                    where r.value_state is distinct from b.value_state
                    or abs(r.value - b.value) > {_TOLERANCE} * greatest(1, abs(r.value))
                    or (r.value is null) <> (b.value is null)
                ),
                count(*) filter (where r.indicator_id is null or b.indicator_id is null)
            from open_counts as b full join released as r using ({_KEY})
            """
        ).fetchall()
    return Compared("bare DuckDB script", *counted)


def compare_pandas(bare: Path, values: Path) -> Compared:
    """Hold the values of the pandas way against those before any was rounded or hidden."""
    series = " or ".join(
        f"(indicator_id = '{indicator}' and series_id = '{series}')"
        for indicator, series in SERIES.items()
    )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{bare}' as bare (read_only)")
        [counted] = connection.execute(
            f"""
            with ours as (
                select indicator_id, area_code, date_trunc('month', period_end) as month, value
                from bare.marts.indicator_values
                where area_type = 'practice' and value is not null and ({series})
            ),
            theirs as (
                select indicator_id, practice_code as area_code, month, value
                from read_parquet('{values}')
            )
            select
                count(*),
                count(*) filter (
                    where abs(o.value - t.value) > {_TOLERANCE} * greatest(1, o.value)
                ),
                count(*) filter (where o.value is null or t.value is null)
            from ours as o full join theirs as t using (indicator_id, area_code, month)
            """
        ).fetchall()
    return Compared("pandas", *counted)
