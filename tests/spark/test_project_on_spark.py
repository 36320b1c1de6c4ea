"""A night on the sample, and then all of its models again on Spark: every table is the same.

Spark gets what the night's models were given: the raw tables, what disclosure control released,
and the seeds, as Parquet.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from night import Night, make_writable
from two_engines import differences, hand_over

from assets.home import Home
from assets.samples.landing import write_landing

pytestmark = [pytest.mark.campaign, pytest.mark.usefixtures("spark")]

# Made-up figures were published nowhere that they could be held against.
EMPTY_ON_THE_SAMPLE = {"marts.reconciliation"}


@pytest.fixture(scope="module")
def night(
    parsed_project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path]]:
    """The warehouse and the dbt project of a whole night."""
    place = tmp_path_factory.mktemp("night")
    write_landing(place / "landing")
    project = Path(shutil.copytree(parsed_project, place / "dbt_project"))
    code, said = Night(place / "landing", place / "home", project).run(place / "night.txt")
    assert code == 0, said[-3000:]
    yield Home(place / "home").warehouse, project
    make_writable(place / "home")


@pytest.fixture(scope="module")
def built_on_spark(
    spark: Any, night: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Spark, after dbt has built every model in it."""
    from dbt.cli.main import dbtRunner

    warehouse, project = night
    folder = tmp_path_factory.mktemp("handed_over")
    manifest = json.loads((project / "target" / "manifest.json").read_bytes())
    given = [
        f"{source['schema']}.{source['identifier']}" for source in manifest["sources"].values()
    ]
    given += [
        f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "seed"
    ]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name in given:
            spark.sql(f"create schema if not exists {name.split('.')[0]}")
            path = hand_over(connection, name, folder)
            spark.sql(f"create table {name} using parquet location '{path}'")
    arguments = ["--quiet", "run", "--project-dir", project, "--profiles-dir", project]
    arguments += ["--target", "spark", "--target-path", folder / "target"]
    arguments += ["--log-path", folder / "logs"]
    result = dbtRunner().invoke([str(argument) for argument in arguments])
    assert result.success, result.exception or [
        f"{one.node.name}: {one.message}" for one in result.result.results if one.message
    ]
    return spark


def test_every_table_is_the_same(built_on_spark: Any, night: tuple[Path, Path]) -> None:
    warehouse, project = night
    nodes = json.loads((project / "target" / "manifest.json").read_bytes())["nodes"].values()
    tables = {
        f"{node['schema']}.{node['alias']}"
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["materialized"] != "view"
    }
    assert {"marts.indicator_values", "marts.indicator_trends", "marts.areas"} < tables
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = {
            table: differences(connection, table, built_on_spark.table(table).inputFiles())
            for table in sorted(tables)
        }
        empty = {
            table
            for table in tables
            if connection.execute(f"from {table} limit 1").fetchone() is None
        }
    different = [f"{table}: {rows}" for table, rows in found.items() if rows]
    assert not different, "\n".join(different)
    assert empty == EMPTY_ON_THE_SAMPLE
