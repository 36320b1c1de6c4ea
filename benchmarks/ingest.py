"""How long a large CSV takes to become an accepted edition, beside bare DuckDB in the same run.

Speed is measured, not tested: the exit code tells only whether every step read every row and the
platform accepted the edition.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

_ROWS = 12_000_000
_SEED = 20261123
_EXTRACT = "practice_consultations"
_FILE_NAME = f"{_EXTRACT}_2025-01.csv"
_COLUMNS = 12
_CHUNK_BYTES = 1 << 24

# Targets of the platform, for 12 million rows on a machine of two cores and 8 GB (2026-11-23).
_TEXT_TARGET = 2.0
_TYPED_TARGET = 4.0
_PEAK_TARGET_MB = 3_000

_T = TypeVar("_T")

# One value per column and row; h(n) gives each column a sequence of its own.
_MADE_UP_ROWS = """
create macro h(n) as hash(i, {seed} + n);
copy (
  select
    printf('L%09d', i) as line_reference,
    chr(65 + (p % 20)::int) || printf('%05d', 80000 + p % 6200) as practice_code,
    'Q' || chr(65 + (p % 6)::int) || (p % 7)::varchar as icb_code,
    strftime(date '2025-01-01' + (h(1) % 31)::int, '%Y-%m-%d') as consultation_date,
    ['GP', 'Other staff', 'Unknown'][1 + (h(2) % 3)::int] as professional,
    ['In person', 'Telephone', 'Home visit', 'Online', 'Unknown'][1 + (h(3) % 5)::int] as mode,
    ['Routine', 'Acute', 'Care home', 'Social prescribing', 'Planned clinic', 'Unmapped']
      [1 + (h(4) % 6)::int] as category,
    ['Attended', 'DNA', 'Unknown'][1 + (h(5) % 3)::int] as status,
    h(6) % 121 as minutes,
    h(7) % 60 as days_waited,
    printf('%.2f', (h(8) % 20000) / 100.0) as cost,
    case when h(9) % 2 > 0 then
      ['again in ' || (h(10) % 12 + 1) || ' weeks', 'see line ' || h(10) % 1000000,
       'interpreter, ' || h(10) % 90 || ' min', 'with carer'][1 + (h(11) % 4)::int]
    end as remark
  from (select i, hash(i, {seed}) % 6200 as p from range({rows}) as numbers(i))
) to '{path}' (format csv, header true)
"""

_CONTRACT = f"""
extract: {_EXTRACT}
title: Consultations by practice
description: Made-up consultations, as large as the largest extracts.
publisher: nobody
licence: none
attribution: made up
owner: data engineering
cadence: monthly
expected_lag_days: 31
grain: one row per line
key: [line_reference]
file_names: ["{_EXTRACT}_*.csv"]
period_kind: month
period_from: {{file_name: '(?P<year>20\\d{{2}})-(?P<month>\\d{{2}})'}}
rows_expected: {{at_least: 1, at_most: 100000000, reason: "any size can be asked for"}}
layouts:
  - name: made_up
    columns:
      - {{name: line_reference, description: line, not_null: true, pattern: 'L\\d{{9}}'}}
      - {{name: practice_code, description: practice, not_null: true, pattern: '[A-Z]\\d{{5}}'}}
      - {{name: icb_code, description: board, not_null: true, pattern: 'Q[A-Z0-9]{{2}}'}}
      - {{name: consultation_date, description: day, not_null: true, type: date,
         formats: ['%Y-%m-%d'], minimum: 2025-01-01, maximum: 2025-01-31}}
      - {{name: professional, description: who, allowed: [GP, Other staff, Unknown]}}
      - {{name: mode, description: how, watched: true, share_at_most: {{Unknown: 0.5}},
         allowed: [In person, Telephone, Home visit, Online, Unknown]}}
      - {{name: category, description: what for, not_null: true}}
      - {{name: status, description: whether kept, allowed: [Attended, DNA, Unknown]}}
      - {{name: minutes, description: length, type: integer, minimum: 0, maximum: 480}}
      - {{name: days_waited, description: wait, type: integer, minimum: 0, maximum: 366}}
      - {{name: cost, description: pounds, type: decimal, minimum: 0, maximum: 100000}}
      - {{name: remark, description: remark, free_text: true, blank_at_most: 0.6}}
"""


class BenchmarkError(RuntimeError):
    """A step that did not do what it is timed for; the message says what it did."""


@dataclass(frozen=True)
class Measured:
    """One step run once, in a process of its own.

    ``seconds`` and ``cpu_seconds`` leave the imports out. ``peak_mb`` is the most memory that the
    process ever held, imports and all, in megabytes of a million bytes.
    """

    rows: int
    seconds: float
    cpu_seconds: float
    import_seconds: float
    peak_mb: float


class _Clock:
    """Measures from when it is made, once everything is imported."""

    def __init__(self, import_started: float) -> None:
        self._import_seconds = time.perf_counter() - import_started
        # What earlier steps left to be written must not slow this one down.
        os.sync()
        self._cpu = _cpu_seconds()
        self._started = time.perf_counter()

    def stop(self) -> Callable[[int], Measured]:
        """Take the time; the function returned adds the rows, which are counted afterwards."""
        seconds = time.perf_counter() - self._started
        cpu = _cpu_seconds() - self._cpu
        # Linux gives kilobytes of 1,024 bytes.
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        return lambda rows: Measured(rows, seconds, cpu, self._import_seconds, peak_mb)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# -- the steps, each run in a process of its own: nothing heavy is imported before ----------------


class LineEnd(StrEnum):
    """How lines of the made-up CSV end; what is sent from Windows ends in CRLF."""

    LF = "lf"
    CRLF = "crlf"


def make_extract(path: Path, rows: int, line_end: LineEnd = LineEnd.LF) -> str:
    """Write the made-up CSV; returns the memory limit that the platform gives DuckDB."""
    import duckdb  # noqa: PLC0415

    from orchestration.settings import Settings  # noqa: PLC0415

    place = str(path).replace("'", "''")
    duckdb.connect().execute(_MADE_UP_ROWS.format(seed=_SEED, rows=rows, path=place)).fetchall()
    if line_end == LineEnd.CRLF:
        written = path.replace(path.with_suffix(".lf"))
        with written.open("rb") as source, path.open("wb") as target:
            # No cell of the made-up rows holds a line break.
            while lines := source.readlines(_CHUNK_BYTES):
                target.write(b"".join(lines).replace(b"\n", b"\r\n"))
        written.unlink()
    return Settings().memory_limit


def bare_text(csv: Path, folder: Path, memory_limit: str) -> Measured:
    """Bare DuckDB: every cell as text, with its row number, into Parquet."""
    started = time.perf_counter()
    import duckdb  # noqa: PLC0415

    clock = _Clock(started)
    columns = ", ".join(f"'c{i}': 'varchar'" for i in range(_COLUMNS))
    connection = duckdb.connect(str(folder / "bare.duckdb"), config={"memory_limit": memory_limit})
    connection.execute(
        f"copy (select *, row_number() over () as source_row_number from read_csv('{csv}', "
        f"columns={{{columns}}}, header=true, delim=',', quote='\"', escape='\"', "
        f"auto_detect=false)) to '{folder}/rows.parquet' (format parquet)"
    ).fetchall()
    measured = clock.stop()
    return measured(_count(connection, f"read_parquet('{folder}/rows.parquet')"))


def typed_read_csv(csv: Path, folder: Path, memory_limit: str) -> Measured:
    """Bare DuckDB: its ``read_csv``, which finds the types itself, into a table in a file."""
    started = time.perf_counter()
    import duckdb  # noqa: PLC0415

    clock = _Clock(started)
    connection = duckdb.connect(str(folder / "typed.duckdb"), config={"memory_limit": memory_limit})
    connection.execute(f"create table typed as select * from read_csv('{csv}')").fetchall()
    measured = clock.stop()
    return measured(_count(connection, "typed"))


def platform_intake(csv: Path, folder: Path, memory_limit: str) -> Measured:
    """The platform: from a file in the landing zone to an accepted edition with its lineage.

    Raises:
        BenchmarkError: when the edition is not accepted; says why.
    """
    started = time.perf_counter()
    import great_expectations.expectations  # noqa: F401, PLC0415

    from assets.extracts.arriving.arrival import ArrivalArea  # noqa: PLC0415
    from assets.extracts.arriving.landing import LandingZone  # noqa: PLC0415
    from assets.extracts.contract_model.contract_files import load_contracts  # noqa: PLC0415
    from assets.extracts.holding.archive import Archive  # noqa: PLC0415
    from assets.extracts.holding.editions import EditionStore  # noqa: PLC0415
    from assets.extracts.judging.intake import Intake  # noqa: PLC0415
    from assets.home import Home  # noqa: PLC0415
    from expectations.validation import Validator  # noqa: PLC0415
    from orchestration.resources import open_warehouse  # noqa: PLC0415

    contracts_folder = folder / "contracts"
    contracts_folder.mkdir()
    (contracts_folder / f"{_EXTRACT}.yml").write_text(_CONTRACT)
    home = Home(folder / "home")

    clock = _Clock(started)
    contracts = load_contracts(contracts_folder)
    connection = open_warehouse(home, memory_limit)
    arrivals, editions = ArrivalArea(home.arrival), EditionStore(home.editions)
    archive, validator = Archive(home.archive), Validator(connection)
    arrivals.receive(LandingZone(csv.parent), contracts)
    intake = Intake(connection, contracts, arrivals, archive, editions, validator)
    evaluated = intake.take_in(_EXTRACT)
    measured = clock.stop()

    outcomes = [f"{edition.verdict} ({edition.reason})" for edition in evaluated]
    if [edition.verdict for edition in evaluated] != ["accepted"]:
        raise BenchmarkError(f"no accepted edition but {outcomes or list(arrivals.listed())}")
    return measured(_count(connection, contracts[_EXTRACT].raw_table, "source_row_number"))


def _count(connection: Any, relation: str, counted: str = "*") -> int:
    [(rows,)] = connection.execute(f"select count({counted}) from {relation}").fetchall()
    return int(rows)


_STEPS = {
    "bare text": bare_text,
    "typed read_csv": typed_read_csv,
    "platform": platform_intake,
}


def _in_own_process(step: Callable[..., _T], *arguments: object) -> _T:
    """Run a step in a fresh interpreter, so that its peak of memory is its own."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawning) as own:
        return own.submit(step, *arguments).result()


# -- the run --------------------------------------------------------------------------------------


def measure(
    folder: Path, rows: int, repeat: int, memory_limit: str | None, line_end: LineEnd = LineEnd.LF
) -> tuple[dict[str, list[Measured]], dict[str, Any]]:
    """Run every step ``repeat`` times, in turn; returns what was measured, and on what.

    Raises:
        BenchmarkError: when a step did not read every row, or the edition was not accepted.
    """
    csv = folder / "landing" / _FILE_NAME
    csv.parent.mkdir()
    limit = _in_own_process(make_extract, csv, rows, line_end)
    limit = memory_limit or limit
    circumstances = {
        "rows": rows,
        "bytes": csv.stat().st_size,
        "line_end": line_end.value,
        "memory_limit": limit,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in _STEPS}
    for number in range(1, repeat + 1):
        for name, step in _STEPS.items():
            working = folder / "working"
            working.mkdir()
            measured = _in_own_process(step, csv, working, limit)
            shutil.rmtree(working)
            typer.echo(f"{name} {number} of {repeat}: {measured.seconds:.1f} s", err=True)
            if measured.rows != rows:
                raise BenchmarkError(f"{name} has {measured.rows:,} rows of {rows:,} in the file")
            runs[name].append(measured)
    return runs, circumstances


def summary(runs: dict[str, list[Measured]], circumstances: dict[str, Any]) -> dict[str, Any]:
    """Medians by step, ratios of the medians, and the targets they are held against."""
    middle = {
        name: {
            field: round(statistics.median(getattr(run, field) for run in of_step), 2)
            for field in ("seconds", "cpu_seconds", "import_seconds", "peak_mb")
        }
        for name, of_step in runs.items()
    }
    ours = middle["platform"]
    compared = {
        f"platform / {other}": {
            "seconds": round(ours["seconds"] / middle[other]["seconds"], 2),
            "cpu_seconds": round(ours["cpu_seconds"] / middle[other]["cpu_seconds"], 2),
            "target": target,
        }
        for other, target in (("bare text", _TEXT_TARGET), ("typed read_csv", _TYPED_TARGET))
    }
    peak_mb = max(run.peak_mb for run in runs["platform"])
    return {
        "benchmark": "ingest",
        **circumstances,
        "steps": middle,
        "ratios": compared,
        "platform_peak_mb": {"most": round(peak_mb), "target": _PEAK_TARGET_MB},
        "meets_targets": peak_mb <= _PEAK_TARGET_MB
        and all(ratio["seconds"] <= ratio["target"] for ratio in compared.values()),
        "runs": {name: [asdict(run) for run in of_step] for name, of_step in runs.items()},
    }


def _print(found: dict[str, Any]) -> None:
    typer.echo(
        f"{found['rows']:,} rows of {_COLUMNS} columns, {found['bytes'] / 1e6:,.0f} MB, "
        f"DuckDB limited to {found['memory_limit']}, {found['cores']} cores\n"
    )
    typer.echo(f"{'step':<28}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'imports s':>11}")
    for name, step in found["steps"].items():
        typer.echo(
            f"{name:<28}{step['seconds']:>9.2f}{step['cpu_seconds']:>9.2f}"
            f"{step['peak_mb']:>9,.0f}{step['import_seconds']:>11.2f}"
        )
    typer.echo(f"\n{'ratio':<28}{'seconds':>9}{'CPU s':>9}{'target':>9}")
    for name, ratio in found["ratios"].items():
        typer.echo(
            f"{name:<28}{ratio['seconds']:>9.2f}{ratio['cpu_seconds']:>9.2f}{ratio['target']:>9}"
        )
    peak = found["platform_peak_mb"]
    typer.echo(f"{'peak MB of the platform':<28}{peak['most']:>9,}{'':>9}{peak['target']:>9,}\n")
    typer.echo(json.dumps(found))


def main(
    rows: Annotated[int, typer.Option(min=1, help="Rows of the file.")] = _ROWS,
    repeat: Annotated[int, typer.Option(min=1, help="How often each step runs.")] = 3,
    folder: Annotated[
        Path | None, typer.Option(help="Where the working folder is made, 4 GB at full size.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option(help="DuckDB's, in place of the platform's own.")
    ] = None,
    line_end: Annotated[LineEnd, typer.Option(help="How lines of the file end.")] = LineEnd.LF,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the working folder.")] = False,
) -> None:
    """Measure the intake of a large CSV beside bare DuckDB; the last line is one JSON object."""
    working = Path(tempfile.mkdtemp(prefix="benchmark-ingest-", dir=folder))
    try:
        _print(summary(*measure(working, rows, repeat, memory_limit, line_end)))
    except BenchmarkError as error:
        typer.echo(f"the benchmark failed: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        if keep:
            typer.echo(f"kept: {working}", err=True)
        else:
            shutil.rmtree(working)


if __name__ == "__main__":
    typer.run(main)
