"""How long the report of a national release takes, and how large it becomes.

The release is made of a sample release by copying its areas until there are as many as England
has: its numbers repeat, its size does not lie. Run from the repository root:

    python -m benchmarks.report path/to/doing_with.duckdb [folder for the site]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import duckdb
import typer

from assets.reports.checking import differences_of_site
from assets.reports.open_release import Edition
from assets.reports.site import Site, write_site

# Areas of each level in England in 2025/26, and how a code of the level looks.
NATIONAL = {
    "practice": (6300, "'P' || lpad(cast(place as varchar), 5, '0')"),
    "pcn": (1290, "'U' || lpad(cast(place as varchar), 5, '0')"),
    "sub_icb": (106, "'S' || lpad(cast(place as varchar), 3, '0')"),
    "icb": (
        42,
        "'Q' || chr(65 + cast(place // 26 as integer)) || chr(65 + cast(place % 26 as integer))",
    ),
    "region": (7, "'Y' || lpad(cast(place as varchar), 2, '0')"),
}
_TARGETS = {"seconds": 240.0, "megabytes": 400.0, "largest page in kilobytes": 150.0}
_VALUE_TABLES = ("indicator_values", "latest_values", "indicator_trends", "spc_points")
_PROFILE_CODES = {
    "practice": "practice_code",
    "pcn": "pcn_code",
    "sub_icb": "sub_icb_code",
    "icb": "icb_code",
    "region": "region_code",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one build of the site took."""

    site: Site
    seconds: float
    checking_seconds: float
    differences: list[str]

    @property
    def figures(self) -> dict[str, float]:
        """The figures that have targets."""
        return {
            "seconds": self.seconds,
            "megabytes": self.site.bytes / 1e6,
            "largest page in kilobytes": self.site.largest_page[1] / 1e3,
        }


def write_national(sample: Path, national: Path) -> None:
    """Write a release of national size, made of the areas of a sample release."""
    connection = duckdb.connect(str(national))
    connection.execute(f"attach '{sample}' as sample (read_only)")
    _copies(connection)
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'sample' and not internal order by 1, 2"
    ).fetchall():
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create table {schema}.{table} as {_query(schema, table)}")
    connection.execute("drop table copies")
    connection.execute("detach sample")
    connection.close()


def _copies(connection: duckdb.DuckDBPyConnection) -> None:
    """Every area of a level as often as it takes: old code, new code, which copy it is."""
    connection.execute(
        "create table copies (area_type varchar, old varchar, new varchar, copy bigint)"
    )
    for level, (count, code) in NATIONAL.items():
        connection.execute(
            f"""
            insert into copies
            with held as (
                select area_code, row_number() over (order by area_code) - 1 as place_in_sample
                from sample.main.areas
                where area_type = ? and area_code in (
                    select area_code from sample.main.latest_values where area_type = ?
                )
            ),
            numbered as (
                select
                    area_code, copy,
                    copy * (select count(*) from held) + place_in_sample as place
                from held cross join range({count}) as copies (copy)
            )
            select ?, area_code, {code}, copy from numbered where place < ?
            """,
            [level, level, level, count],
        )


def _query(schema: str, table: str) -> str:
    source = f"sample.{schema}.{table}"
    if table in _VALUE_TABLES:
        return f"""
            select v.* replace (coalesce(c.new, v.area_code) as area_code)
            from {source} as v
            left join copies as c on v.area_type = c.area_type and v.area_code = c.old
        """
    if table == "areas":
        return f"""
            select a.* replace (coalesce(c.new, a.area_code) as area_code)
            from {source} as a
            left join copies as c on a.area_type = c.area_type and a.area_code = c.old
        """
    if table == "area_relationships":
        return f"""
            select
                r.* replace (
                    coalesce(child.new, r.child_code) as child_code,
                    coalesce(parent.new, r.parent_code) as parent_code
                )
            from {source} as r
            left join copies as child
                on r.child_type = child.area_type and r.child_code = child.old
            left join copies as parent
                on r.parent_type = parent.area_type and r.parent_code = parent.old
                and parent.copy = child.copy % (
                    select max(other.copy) + 1 from copies as other
                    where other.area_type = r.parent_type and other.old = r.parent_code
                )
        """
    if table == "practice_profile":
        replaced = ", ".join(
            f"coalesce({level}.new, p.{column}) as {column}"
            for level, column in _PROFILE_CODES.items()
        )
        wider = "\n".join(
            f"left join copies as {level} on {level}.area_type = '{level}' "
            f"and p.{column} = {level}.old and {level}.copy = practice.copy % (select max(o.copy) "
            f"+ 1 from copies as o where o.area_type = '{level}' and o.old = p.{column})"
            for level, column in _PROFILE_CODES.items()
            if level != "practice"
        )
        return (
            f"select p.* replace ({replaced}) from {source} as p left join copies as practice "
            f"on practice.area_type = 'practice' and p.practice_code = practice.old {wider}"
        )
    return f"select * from {source}"


def measure(database: Path, folder: Path) -> Measured:
    """Write the site of a release and look at it, both with a clock."""
    began = time.perf_counter()
    site = write_site(database, folder, Edition("benchmark", date(2026, 11, 26)))
    written = time.perf_counter()
    differences = differences_of_site(folder, database)
    return Measured(site, written - began, time.perf_counter() - written, differences)


def main(
    sample: Annotated[Path, typer.Argument(help="doing_with.duckdb of a sample release")],
    folder: Annotated[Path | None, typer.Argument(help="where to leave the site")] = None,
) -> None:
    """Print what it took beside the targets; fail only where the site is not as the release."""
    with TemporaryDirectory() as scratch:
        national = Path(scratch) / "doing_with.duckdb"
        write_national(sample, national)
        measured = measure(national, folder or Path(scratch) / "report")
    typer.echo(f"pages: {len(measured.site.pages):,}")
    for name, figure in measured.figures.items():
        typer.echo(f"{name}: {figure:,.1f} (target: under {_TARGETS[name]:,.0f})")
    typer.echo(f"largest page: {measured.site.largest_page[0]}")
    typer.echo(f"seconds to check the site: {measured.checking_seconds:,.1f}")
    for difference in measured.differences:
        typer.echo(f"wrong: {difference}")
    if measured.differences:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
