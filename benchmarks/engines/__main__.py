"""``python -m benchmarks.engines``: the same models on DuckDB and on Spark, at growing sizes."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.indicators.manifest import current_manifest
from benchmarks.engines.build import ENGINES, PROJECT
from benchmarks.engines.chain import Chain, Handed, chain_of, hand_over
from benchmarks.engines.lines import Line, crossing, line
from benchmarks.national.measuring import StepFailedError, measured

_SAMPLE = PROJECT.parent / "data" / "sample" / "build" / "warehouse.duckdb"
_COPIES = (10, 100)
_NO_MEMORY = "Out of Memory Error"


class BenchmarkError(RuntimeError):
    """Builds that did not do what they are timed for; the message says what they did."""


@dataclass(frozen=True)
class Took:
    """One build, or the medians of several.

    ``start_seconds`` are all but the models: process, engine, reading the project. CPU seconds
    are of everything, memory of the largest process, in megabytes of a million bytes.
    """

    start_seconds: float
    models_seconds: float
    cpu_seconds: float
    peak_mb: float
    temporary_mb: float


@dataclass(frozen=True)
class Size:
    """Both engines at one size, and how many rolled-up values they made."""

    handed: Handed
    values: int
    took: dict[str, Took]

    def point(self, engine: str) -> tuple[int, float]:
        """Rows, and seconds of the models on an engine."""
        return self.handed.rows, self.took[engine].models_seconds


@dataclass(frozen=True)
class Alone:
    """One build on DuckDB with a limit of memory; ``took`` is none where that was not enough."""

    handed: Handed
    megabytes: int
    took: Took | None


@dataclass(frozen=True)
class Bench:
    """What all builds have in common."""

    warehouse: Path
    chain: Chain
    cores: int
    folder: Path

    @contextmanager
    def handed(self, copies: int) -> Iterator[tuple[Path, Handed]]:
        """A folder with the Parquet files of a size, gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=f"{copies}-") as name:
            given = Path(name) / "given"
            given.mkdir()
            yield Path(name), hand_over(self.warehouse, self.chain, copies, given)

    def build(self, engine: str, folder: Path, megabytes: int) -> tuple[Took, dict[str, Any]]:
        """Build the chain once, in a process of its own; what it took, and what was built.

        Raises:
            StepFailedError: when it was not built.
        """
        log = folder / f"{engine}.log"
        arguments = [engine, str(folder), str(self.cores), str(megabytes), *self.chain.models]
        try:
            whole = measured(["-m", "benchmarks.engines.build", *arguments], log)
        finally:
            for made in set(folder.iterdir()) - {log, folder / "given"}:
                shutil.rmtree(made) if made.is_dir() else made.unlink()
        said = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        took = Took(
            start_seconds=whole.seconds - said["models_seconds"],
            models_seconds=said["models_seconds"],
            # Java ends beside the process, and nobody waits for it: the last sample may lack it.
            cpu_seconds=max(each.cpu_seconds for each in whole.samples),
            peak_mb=whole.peak_mb,
            temporary_mb=said["temporary_mb"],
        )
        return took, said["built"]


def compare(bench: Bench, copies: int, repeat: int, megabytes: int) -> Size:
    """Build the chain on both engines, in turn.

    Raises:
        BenchmarkError: when they did not build the same.
    """
    with bench.handed(copies) as (folder, handed):
        runs = [
            {engine: bench.build(engine, folder, megabytes) for engine in ENGINES}
            for _ in range(repeat)
        ]
    built = [made for run in runs for _, made in run.values()]
    if any(made != built[0] for made in built):
        raise BenchmarkError(f"{copies} copies are not the same everywhere: {built}")
    took = {engine: _median([run[engine][0] for run in runs]) for engine in ENGINES}
    return Size(handed, built[0]["rows"], took)


def _median(runs: list[Took]) -> Took:
    columns = zip(*(asdict(took).values() for took in runs), strict=True)
    return Took(*(round(statistics.median(column), 2) for column in columns))


def alone(bench: Bench, copies: int, limits: list[int]) -> list[Alone]:
    """Build the chain on DuckDB with ever less memory."""
    found = []
    with bench.handed(copies) as (folder, handed):
        for megabytes in limits:
            try:
                took, _ = bench.build("duckdb", folder, megabytes)
            except StepFailedError as error:
                if _NO_MEMORY not in str(error):
                    raise
                found.append(Alone(handed, megabytes, None))
            else:
                found.append(Alone(handed, megabytes, _median([took])))
    return found


def _tell_heads() -> None:
    heads = ("start", "models", "CPU s", "peak MB", "on disk", "ratio", "of CPU")
    typer.echo(f"{'rows':>12} {'engine':<8}" + "".join(f"{head:>9}" for head in heads))


def _tell_size(size: Size) -> None:
    base = size.took["duckdb"]
    for engine, took in size.took.items():
        typer.echo(
            f"{size.handed.rows:>12,} {engine:<8}{took.start_seconds:>9.1f}"
            f"{took.models_seconds:>9.1f}{took.cpu_seconds:>9.1f}{took.peak_mb:>9,.0f}"
            f"{took.temporary_mb:>9,.0f}{took.models_seconds / base.models_seconds:>9.2f}"
            f"{took.cpu_seconds / base.cpu_seconds:>9.2f}"
        )


def _tell_lines(lines: dict[str, list[Line]]) -> None:
    for engine, found in lines.items():
        slopes = ", ".join(f"{each.per_million:.2f}" for each in found)
        typer.echo(f"{engine}: seconds a million rows from each size to the next: {slopes}")
    ours, theirs = lines["duckdb"][-1], lines["spark"][-1]
    at = crossing(ours, theirs)
    if at is not None:
        typer.echo(f"on equal cores Spark is as fast from {at:,.0f} million rows on")
    else:
        typer.echo(
            "on equal cores the lines do not cross: at the largest sizes a row costs Spark "
            f"{theirs.per_million / ours.per_million:.1f} times as much"
        )


def _tell_alone(found: list[Alone]) -> None:
    for each in found:
        told = (
            f"{each.took.models_seconds:,.1f} s, {each.took.temporary_mb:,.0f} MB on disk"
            if each.took
            else "out of memory"
        )
        typer.echo(f"duckdb alone, {each.handed.rows:,} rows, {each.megabytes:,} MB: {told}")


def main(
    copies: Annotated[
        list[int] | None,
        typer.Option(min=2, help="A size beside 1: boards of 60 practices. 10 and 100 if none is."),
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Builds of each size and engine.")] = 3,
    memory: Annotated[int, typer.Option(help="Megabytes for each engine.")] = 4_000,
    larger: Annotated[
        list[int] | None, typer.Option(help="A size that DuckDB builds alone, once.")
    ] = None,
    less: Annotated[list[int] | None, typer.Option(help="Megabytes to build it with too.")] = None,
    warehouse: Annotated[Path, typer.Option(help="The build of a night on the sample.")] = _SAMPLE,
    folder: Annotated[Path | None, typer.Option(help="Where the working folder is made.")] = None,
) -> None:
    """Measure the same models on both engines; the last line is one JSON object."""
    if not warehouse.exists():
        typer.echo(f"there is no build at {warehouse}: run a night first (make run)", err=True)
        raise typer.Exit(2)
    with tempfile.TemporaryDirectory(dir=folder, prefix="benchmark-engines-") as name:
        chain = chain_of(current_manifest(PROJECT, Path(name) / "parsed"))
        bench = Bench(warehouse, chain, os.cpu_count() or 1, Path(name))
        sizes = []
        _tell_heads()
        for count in sorted({1, *(copies or _COPIES)}):
            try:
                sizes.append(compare(bench, count, repeat, memory))
            except BenchmarkError as error:
                typer.echo(f"the benchmark failed: {error}", err=True)
                raise typer.Exit(1) from error
            _tell_size(sizes[-1])
        lines = {
            each: [line(few.point(each), many.point(each)) for few, many in pairwise(sizes)]
            for each in ENGINES
        }
        _tell_lines(lines)
        limits = [memory, *(less or [])]
        squeezed = [each for count in larger or [] for each in alone(bench, count, limits)]
    _tell_alone(squeezed)
    measurements = {
        "benchmark": "engines",
        "cores": bench.cores,
        "memory_mb": memory,
        "repeat": repeat,
        "models": len(chain.models),
        "sizes": [asdict(size) for size in sizes],
        "lines": {engine: [asdict(each) for each in found] for engine, found in lines.items()},
        "alone": [asdict(each) for each in squeezed],
    }
    typer.echo(json.dumps(measurements))


if __name__ == "__main__":
    typer.run(main)
