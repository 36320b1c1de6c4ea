"""``python -m benchmarks.national --scale 0.1``: a made-up England by night, and two baselines."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.folders import Home
from benchmarks.national.bare_script import write_bare_script
from benchmarks.national.comparing import compare_bare, compare_pandas
from benchmarks.national.landings import Landing, add_month, write_landing
from benchmarks.national.measuring import Measured, measured
from benchmarks.national.nights import Night, rows_taken_in, run_night
from benchmarks.national.pandas_way import EXTRACTS
from benchmarks.national.queries import milliseconds
from benchmarks.national.stages import table

# What the platform is to reach on two cores (2026-11-26).
_FULL_RATIO, _FULL_SECONDS = 2.5, 60.0
_ONE_EDITION_RATIO, _ONE_EDITION_SECONDS = 0.25, 30.0
_NOTHING_NEW_SECONDS = 15.0
_ORDINARY_HIDING_SECONDS = 20.0
_GATE_SHARE = 0.15
_PANDAS_RATIO, _PANDAS_MEMORY_RATIO = 10.0, 5.0
_QUERY_MILLISECONDS = 100.0
# What is told of a whole night in JSON, beside the same by stage.
_TAKEN = ("seconds", "cpu_seconds", "peak_mb", "peak_together_mb", "read_mb", "written_mb")


def main(
    scale: Annotated[float, typer.Option(min=0.01, max=1, help="part of England")] = 0.1,
    folder: Annotated[Path | None, typer.Option(help="where to work, and to leave it")] = None,
    memory_limit: Annotated[str, typer.Option(help="for DuckDB")] = "4GB",
) -> None:
    """Print what each night and baseline took, whether they agree, and one JSON object."""
    with _place(folder) as place:
        _run(place, scale, memory_limit)


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="national-") as scratch:
        yield Path(scratch)


def _run(place: Path, scale: float, memory_limit: str) -> None:
    home = Home(place / "home")
    shutil.rmtree(home.folder, ignore_errors=True)
    landing = write_landing(place / "landing", scale)
    typer.echo(f"landing zone: {landing.files:,} files, {landing.bytes / 1e6:,.0f} MB")
    full = run_night(landing.folder, home.folder, place / "full.log", memory_limit)
    _tell("a night from nothing", full)
    rows = rows_taken_in(home)
    bare, script_of = _bare(place, home, landing, memory_limit)
    _tell_process("bare DuckDB script", bare)
    pandas = measured(
        [
            "-m",
            "benchmarks.national.pandas_way",
            str(landing.folder),
            str(place / "pandas.parquet"),
        ],
        place / "pandas.log",
    )
    _tell_process("pandas, three indicators", pandas)
    release = home.folder / "releases" / "current" / "doing_with.duckdb"
    compared = [
        compare_bare(release, place / "bare" / "warehouse.duckdb"),
        compare_pandas(place / "bare" / "warehouse.duckdb", place / "pandas.parquet"),
    ]
    asked = milliseconds(release)
    nothing = run_night(landing.folder, home.folder, place / "nothing.log", memory_limit)
    _tell("a night with nothing new", nothing)
    add_month(landing.folder, scale, 1, place / "next")
    one = run_night(landing.folder, home.folder, place / "one.log", memory_limit)
    _tell("a night with one new edition of each monthly extract", one)
    add_month(landing.folder, scale, 2, place / "next", of="community/")
    ordinary = run_night(landing.folder, home.folder, place / "ordinary.log", memory_limit)
    _tell("an ordinary night, with what communities send of one more month", ordinary)
    _tell_ratios(full, bare, one, nothing, ordinary, asked)
    of_pandas = {f"raw__{extract}" for extract in EXTRACTS}
    subset = sum(step.seconds for step in full.steps if step.name in of_pandas)
    _tell_pandas(pandas, subset, full)
    for outcome in compared:
        typer.echo(
            f"{outcome.baseline}: {outcome.compared:,} values compared, "
            f"{outcome.different:,} differ, {outcome.missing:,} on one side only"
        )
    typer.echo(
        json.dumps(
            {
                "scale": scale,
                "full_seconds": round(full.seconds_without_report, 1),
                "bare_seconds": round(bare.seconds, 1),
                "pandas_seconds": round(pandas.seconds, 1),
                "pandas_subset_seconds": round(subset, 1),
                "one_edition_seconds": round(one.seconds_without_report, 1),
                "nothing_new_seconds": round(nothing.whole.seconds, 1),
                "ordinary_seconds": round(ordinary.seconds_without_report, 1),
                "gate_seconds": round(full.gate_seconds, 1),
                "report_seconds": round(full.seconds_of("report"), 1),
                "peak_mb": round(full.whole.peak_mb),
                "rows": rows,
                "bytes": landing.bytes,
                "rows_handed_over": script_of,
                "milliseconds": asked,
                "nights": {
                    "full": _rounded(full),
                    "nothing_new": _rounded(nothing),
                    "one_edition": _rounded(one),
                    "ordinary": _rounded(ordinary),
                },
            }
        )
    )
    if any(each.different or each.missing or not each.compared for each in compared):
        raise typer.Exit(1)


def _bare(place: Path, home: Home, landing: Landing, memory_limit: str) -> tuple[Measured, int]:
    folder = place / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    script = write_bare_script(home, landing.folder, folder / "script.sql")
    arguments = [str(script.path), str(folder / "warehouse.duckdb"), memory_limit]
    took = measured(["-m", "benchmarks.national.run_bare", *arguments], folder / "log.txt")
    return took, script.rows_handed_over


def _tell(name: str, night: Night) -> None:
    _tell_process(name, night.whole)
    for line in table(night.stages):
        typer.echo(f"    {line}")


def _rounded(night: Night) -> dict[str, Any]:
    """A night and its stages for other programs, in the units of what was measured."""
    return {
        **_to_a_tenth({name: getattr(night.whole, name) for name in _TAKEN}),
        "stages": {stage: _to_a_tenth(asdict(use)) for stage, use in night.stages.items()},
    }


def _to_a_tenth(taken: dict[str, Any]) -> dict[str, Any]:
    return {name: None if number is None else round(number, 1) for name, number in taken.items()}


def _tell_process(name: str, took: Measured) -> None:
    typer.echo(
        f"{name}: {took.seconds:,.1f} s, {took.cpu_seconds:,.1f} s of CPU; memory "
        f"{took.peak_together_mb:,.0f} MB, {took.peak_mb:,.0f} MB in the largest process; "
        f"{took.read_mb:,.0f} MB read, {took.written_mb:,.0f} MB written"
    )


def _tell_ratios(
    full: Night, bare: Measured, one: Night, nothing: Night, ordinary: Night,
    asked: dict[str, float],
) -> None:  # fmt: skip
    whole = full.seconds_without_report
    wanted = _FULL_RATIO * bare.seconds + _FULL_SECONDS
    typer.echo(f"a night is {whole / bare.seconds:.2f} times the bare script ", nl=False)
    typer.echo(f"({whole:,.1f} s; target: under {wanted:,.1f} s)")
    wanted = _ONE_EDITION_RATIO * whole + _ONE_EDITION_SECONDS
    typer.echo(f"one edition: {one.seconds_without_report:,.1f} s (target: under {wanted:,.1f} s)")
    typer.echo(
        f"nothing new: {nothing.whole.seconds:,.1f} s (target: under {_NOTHING_NEW_SECONDS:.0f} s)"
    )
    typer.echo(
        f"disclosure control of an ordinary night: {ordinary.hiding_seconds:,.1f} s "
        f"(target: under {_ORDINARY_HIDING_SECONDS:.0f} s)"
    )
    typer.echo(
        f"gate: {full.gate_seconds / whole:.1%} of a night (target: under {_GATE_SHARE:.0%})"
    )
    for name, median in asked.items():
        typer.echo(f"{name}: {median:,.0f} ms (target: under {_QUERY_MILLISECONDS:.0f} ms)")


def _tell_pandas(pandas: Measured, subset_seconds: float, full: Night) -> None:
    """Pandas against what the night took for the same extracts, and for everything in memory."""
    typer.echo(
        f"pandas takes {pandas.seconds / subset_seconds:.2f} times as long as the platform for the "
        f"same extracts ({subset_seconds:,.1f} s; target: over {_PANDAS_RATIO:.0f} times)"
    )
    memory = pandas.peak_together_mb / full.whole.peak_together_mb
    typer.echo(
        f"and {memory:.2f} times the memory of a whole night "
        f"(target: over {_PANDAS_MEMORY_RATIO:.0f} times)"
    )


if __name__ == "__main__":
    typer.run(main)
