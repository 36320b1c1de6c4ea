"""What each dbt model costs on the sample: seconds and rows, and their sum per floor of the house.

The warehouse of a finished night is copied, and everything that dbt makes is built in the copy as
a night does it, in one process. Speed is measured, not tested: the exit code tells only whether
every node was built and every test passed.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

# Target for dbt build on the default sample, on a machine of two cores (2026-11-26).
_TARGET_SECONDS = 60.0

# The table that is committed, and how many models it names.
_TABLE = Path(__file__).with_suffix(".md")
_DEAREST = 25

_DATA_TESTS = "data tests"
# In the order that data flow.
_FLOORS = (
    "reference", "staging", "restricted", "intermediate", "indicators", "marts", _DATA_TESTS
)  # fmt: skip


class BenchmarkError(RuntimeError):
    """A build that did not do what it is timed for; the message says what it did."""


@dataclass(frozen=True)
class Node:
    """One node of the project: a model or seed with its rows, or the data tests of a model.

    ``rows`` is none for views, which have none of their own.
    """

    floor: str
    name: str
    seconds: float
    rows: int | None


@dataclass(frozen=True)
class Build:
    """One ``dbt build``. Nodes run two at a time, so that their seconds add up to more."""

    seconds: float
    cpu_seconds: float
    nodes: list[Node]


def build(warehouse: Path, project: Path, target: Path) -> Build:
    """Build everything in a warehouse, as a night does: data tests, but no unit tests.

    Raises:
        BenchmarkError: when a node is not built or a test does not pass.
    """
    import duckdb  # noqa: PLC0415
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    from assets.indicators.manifest import dbt_folders  # noqa: PLC0415

    # Of all editions, as the first night: later ones build what changed.
    arguments = ["--quiet", "--log-level-file", "warn", "build", "--full-refresh"]
    arguments += ["--exclude-resource-type", "unit_test", *dbt_folders(project, target)]
    started, cpu = time.perf_counter(), time.process_time()
    outcome = dbtRunner().invoke(arguments)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        failed = [
            f"{result.node.name}: {result.message}"
            for result in outcome.result.results
            if str(result.status) not in ("success", "pass", "warn")
        ] if outcome.result else [str(outcome.exception)]  # fmt: skip
        raise BenchmarkError("; ".join(failed))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = dict(
            connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    return Build(seconds, cpu, list(_nodes(outcome.result.results, rows)))


def _nodes(results: Iterable[Any], rows: dict[str, int]) -> Iterable[Node]:
    for result in results:
        node = result.node
        if node.resource_type == "test":
            yield Node(_DATA_TESTS, node.name, result.execution_time, None)
        else:
            made = rows.get(f"{node.schema}.{node.name}")
            yield Node(node.schema, node.name, result.execution_time, made)


def measure(warehouse: Path, folder: Path, repeat: int) -> tuple[float, list[Build]]:
    """Parse the project once, and build it ``repeat`` times; returns the seconds of parsing too."""
    from assets.indicators.manifest import current_manifest  # noqa: PLC0415
    from orchestration.settings import Settings  # noqa: PLC0415

    # dbt calls the database after the file.
    copied = folder / "warehouse.duckdb"
    os.environ["DOING_WITH_WAREHOUSE"] = str(copied)
    project, target = Settings().dbt_project, folder / "target"
    started = time.perf_counter()
    current_manifest(project, target)
    parsing = time.perf_counter() - started
    builds = []
    for number in range(1, repeat + 1):
        shutil.copy(warehouse, copied)
        builds.append(build(copied, project, target))
        typer.echo(f"{number} of {repeat}: {builds[-1].seconds:.1f} s", err=True)
    return parsing, builds


def summary(parsing: float, builds: list[Build]) -> dict[str, Any]:
    """Medians by node and by build, sums per floor, and the target they are held against."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for made in builds:
        for node in made.nodes:
            seconds[node.floor, node.name].append(node.seconds)
    nodes = [
        Node(node.floor, node.name, round(statistics.median(seconds[node.floor, node.name]), 3),
             node.rows)
        for node in builds[0].nodes
    ]  # fmt: skip
    floors = {}
    for floor in _FLOORS:
        here = [node for node in nodes if node.floor == floor]
        floors[floor] = {
            "nodes": len(here),
            "seconds": round(sum(node.seconds for node in here), 3),
            "rows": sum(node.rows or 0 for node in here),
        }
    took = round(statistics.median(made.seconds for made in builds), 2)
    return {
        "benchmark": "models",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "repeat": len(builds),
        "parse_seconds": round(parsing, 2),
        "build_seconds": took,
        "build_cpu_seconds": round(statistics.median(made.cpu_seconds for made in builds), 2),
        "target_seconds": _TARGET_SECONDS,
        "meets_target": took <= _TARGET_SECONDS,
        "floors": floors,
        "nodes": [asdict(node) for node in nodes if node.floor != _DATA_TESTS],
    }


def machine() -> str:
    """What of the machine matters for speed, in words that tell nobody which one it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB of memory, Python {platform.python_version()}"
    )


def table(found: dict[str, Any], day: date, machine_in_words: str) -> str:
    """The summary as a page of Markdown: the whole build against its target, the dearest models.

    Shares are of the seconds of all nodes, data tests with them; they add up to 100 %.
    """
    nodes = sorted(found["nodes"], key=lambda node: (-node["seconds"], node["name"]))
    dearest, others = nodes[:_DEAREST], nodes[_DEAREST:]
    tests = found["floors"][_DATA_TESTS]
    everything = sum(node["seconds"] for node in nodes) + tests["seconds"]

    def line(name: str, seconds: float) -> str:
        share = 100 * seconds / everything if everything else 0
        return f"| {name} | {seconds:.2f} | {share:.1f} % |"

    verdict = "within" if found["meets_target"] else "over"
    builds = "one build" if found["repeat"] == 1 else f"median of {found['repeat']} builds"
    return "\n".join(
        [
            "# What each dbt model costs",
            "",
            "Written by `benchmarks/models.py`; do not edit.",
            "",
            f"- Day: {day.isoformat()}",
            f"- Machine: {machine_in_words}",
            f"- dbt build of the default sample, {builds}: {found['build_seconds']:.1f} s, "
            f"{verdict} the target of {found['target_seconds']:.0f} s",
            "",
            "Nodes run two at a time, so seconds add up to more than the build took.",
            "",
            "| model or seed | seconds | share |",
            "|---|---:|---:|",
            *(line(f"`{node['floor']}.{node['name']}`", node["seconds"]) for node in dearest),
            line(f"{len(others)} others", sum(node["seconds"] for node in others)),
            line(f"{tests['nodes']} {_DATA_TESTS}", tests["seconds"]),
            "",
        ]
    )


def write(found: dict[str, Any], page: Path) -> None:
    """Write the page of a summary, as of today and this machine."""
    page.write_text(table(found, datetime.now(UTC).date(), machine()), encoding="utf-8")


def _print(found: dict[str, Any]) -> None:
    typer.echo(f"{'model':<58}{'seconds':>9}{'rows':>10}")
    for node in sorted(found["nodes"], key=lambda node: -node["seconds"]):
        rows = "view" if node["rows"] is None else f"{node['rows']:,}"
        typer.echo(f"{node['floor'] + '.' + node['name']:<58}{node['seconds']:>9.2f}{rows:>10}")
    typer.echo(f"\n{'floor':<48}{'nodes':>10}{'seconds':>9}{'rows':>10}")
    for name, floor in found["floors"].items():
        typer.echo(f"{name:<48}{floor['nodes']:>10}{floor['seconds']:>9.2f}{floor['rows']:>10,}")
    typer.echo(
        f"\nbuilt in {found['build_seconds']:.1f} s ({found['build_cpu_seconds']:.1f} CPU s), "
        f"target {found['target_seconds']:.0f} s; parsed in {found['parse_seconds']:.1f} s\n"
    )
    typer.echo(json.dumps(found))


def main(
    warehouse: Annotated[
        Path | None, typer.Option(help="A finished build; without it that of the home.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often everything is built.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where the working folder is made.")] = None,
    page: Annotated[Path, typer.Option(help="The page with the table to write.")] = _TABLE,
) -> None:
    """Measure what each dbt model costs and write it down; the last line is one JSON object."""
    from orchestration.settings import Settings  # noqa: PLC0415

    warehouse = warehouse or Settings().place.warehouse
    if not warehouse.exists():
        typer.echo(f"there is no build at {warehouse}: run a night first (make run)", err=True)
        raise typer.Exit(2)
    working = Path(tempfile.mkdtemp(prefix="benchmark-models-", dir=folder))
    try:
        found = summary(*measure(warehouse, working, repeat))
        write(found, page)
        _print(found)
    except BenchmarkError as error:
        typer.echo(f"the benchmark failed: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        shutil.rmtree(working)


if __name__ == "__main__":
    typer.run(main)
