"""``python -m benchmarks.engines.build ENGINE FOLDER CORES MEGABYTES MODEL…``: dbt builds models.

The folder has the tables that they read as Parquet files, in ``given``. The last line is one JSON
object: seconds of the models alone, megabytes of temporary files, and what was built.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.engines.chain import ROLLED_UP

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_ADDED_UP = (
    "select count(*), cast(sum(numerator) as decimal(38, 6)), count(distinct area_code) "
    f"from intermediate.{ROLLED_UP}"
)
_ON_DUCKDB = """
doing_with:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{folder}/warehouse.duckdb"
      schema: main
      threads: 2
      config_options:
        threads: {cores}
        memory_limit: "{megabytes}MB"
        temp_directory: "{folder}/temporary"
"""
_ON_SPARK = """
doing_with:
  target: spark
  outputs:
    spark: {type: spark, method: session, host: NA, schema: main, threads: 2}
"""


@contextmanager
def duckdb_engine(folder: Path, cores: int, megabytes: int) -> Iterator[Callable[[str], Any]]:
    """A new warehouse with a view on each table given; yields how to ask it for one row."""
    import duckdb  # noqa: PLC0415
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    warehouse = str(folder / "warehouse.duckdb")
    profile = _ON_DUCKDB.format(folder=folder, cores=cores, megabytes=megabytes)
    (folder / "profiles.yml").write_text(profile, encoding="utf-8")
    with duckdb.connect(warehouse) as connection:
        for name, path in _given(folder):
            connection.execute(f"create schema if not exists {name.partition('.')[0]}")
            connection.execute(f"create view {name} as select * from read_parquet('{path}')")

    def one_row(sql: str) -> Any:
        DuckDBConnectionManager.close_all_connections()
        with duckdb.connect(warehouse, read_only=True) as built:
            return built.execute(sql).fetchone()

    yield one_row


@contextmanager
def spark_engine(folder: Path, cores: int, megabytes: int) -> Iterator[Callable[[str], Any]]:
    """A session with each table given; yields how to ask it for one row."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    session = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.driver.memory", f"{megabytes}m")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(folder / "temporary"))
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    (folder / "profiles.yml").write_text(_ON_SPARK, encoding="utf-8")
    for name, path in _given(folder):
        session.sql(f"create schema if not exists {name.partition('.')[0]}")
        session.sql(f"create table {name} using parquet location '{path}'")
    yield lambda sql: session.sql(sql).first()
    session.stop()


ENGINES = {"duckdb": duckdb_engine, "spark": spark_engine}


def _given(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((folder / "given").glob("*.parquet")):
        yield path.stem, path


class TemporaryFiles:
    """Watches the folder where an engine puts what it holds on disk for a while."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._most_bytes = 0
        self._ends = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._ends.wait(0.1):
            self._most_bytes = max(self._most_bytes, _bytes_in(self._folder))

    def end(self) -> float:
        """The most megabytes that lay there at once."""
        self._ends.set()
        self._watcher.join()
        return self._most_bytes / 1e6


def _bytes_in(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # it went while we looked
                size += Path(place, name).stat().st_size
    return size


def main() -> None:
    """Build the models on one engine, in this process."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    engine, place, cores, megabytes, *models = sys.argv[1:]
    folder = Path(place)
    options = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder)]
    options += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    with ENGINES[engine](folder, int(cores), int(megabytes)) as one_row:
        parsed = _succeeded(dbtRunner().invoke(["--quiet", "parse", *options])).result
        files = TemporaryFiles(folder / "temporary")
        started = time.perf_counter()
        run = ["--quiet", "run", *options, "--select", *models]
        _succeeded(dbtRunner(manifest=parsed).invoke(run))
        seconds, most = time.perf_counter() - started, files.end()
        rows, total, areas = one_row(_ADDED_UP)
    built = {"rows": rows, "numerators": str(total), "areas": areas}
    print(json.dumps({"models_seconds": seconds, "temporary_mb": most, "built": built}))  # noqa: T201


def _succeeded(outcome: Any) -> Any:
    if not outcome.success:
        failed = [f"{r.node.name}: {r.message}" for r in outcome.result or [] if r.message]
        raise SystemExit("; ".join(failed) or str(outcome.exception))
    return outcome


if __name__ == "__main__":
    main()
