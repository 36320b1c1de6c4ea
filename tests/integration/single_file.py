"""Taking in one file of an extract on its own: read, scanned, held against its contract.

Nothing is judged as a whole here, so that no rule on editions runs and a file takes milliseconds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.periods import PeriodError
from assets.extracts.holding.archive import Archive
from assets.extracts.judging.file_scan import RefusedFileError
from assets.extracts.judging.parts import PartIntake
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.extracts.reading.sheets import UnreadableFileError

Row = tuple[Any, ...]
Table = list[list[str]]


@dataclass(frozen=True)
class Outcome:
    """What came of one file; ``refused`` says why when nothing of it was loaded."""

    rows_in_file: int = 0
    loaded: Mapping[int, Row] | None = None
    """Canonical columns by row number; of wide files, all rows of one row in order."""
    quarantined: Mapping[int, frozenset[tuple[str, str]]] | None = None
    """Published column and code of each broken rule, by row number."""
    refused: str | None = None


def take_in(
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    extract: str,
    name: str,
    content: bytes,
    period: str | None = None,
) -> Outcome:
    """Take one file in on a fresh archive."""
    contract = contracts[extract]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = folder / "arrived"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        declared = Declaration(synthetic=True, period=period)
        arrival = Arrival(file_name=name, sha256=sha256, bytes=len(content), declaration=declared)
        intake = PartIntake(connection, contracts, Archive(folder / "archive"))
        try:
            filed = intake.file(contract, arrival, path)
            taken = intake.take(filed, "an edition", folder, 0)
        except (PeriodError, UnreadableFileError, RefusedFileError) as error:
            return Outcome(refused=str(error))
        assert taken.record.rows_in_file == taken.record.rows_loaded + taken.record.rows_quarantined
        return Outcome(
            taken.record.rows_in_file,
            _loaded(connection, contract, folder / "rows_0.parquet"),
            _quarantined(connection, folder / "quarantine_0.parquet"),
        )


def _loaded(
    connection: duckdb.DuckDBPyConnection, contract: Contract, path: Path
) -> dict[int, Row]:
    columns = ", ".join(f'"{name}"' for name in contract.column_names)
    found = connection.execute(
        f"select source_row_number, {columns} from read_parquet(?) order by all", [str(path)]
    ).fetchall()
    rows: dict[int, Row] = {}
    for number, *cells in found:
        rows[number] = (*rows.get(number, ()), *cells)
    return rows


def _quarantined(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> dict[int, frozenset[tuple[str, str]]]:
    found = connection.execute(
        "select source_row_number, list((column_name, code)) from read_parquet(?) group by 1",
        [str(path)],
    ).fetchall()
    return {number: frozenset(tuple(pair) for pair in pairs) for number, pairs in found}


def parse(content: bytes, encoding: str = "utf-8") -> Table:
    """Header and rows of delimited text, by another reader than the platform's."""
    text = content.decode(encoding).removeprefix("\ufeff")
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


def write(
    table: Sequence[Sequence[str]],
    ending: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
    encoding: str = "utf-8",
) -> bytes:
    """Header and rows as delimited text."""
    text = io.StringIO()
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows(table)
    return text.getvalue().encode(encoding)


def match_of(contracts: Mapping[str, Contract], extract: str, path: Path) -> LayoutMatch:
    """How a sound file fits its contract."""
    [match, *_] = recognise(path.name, peek(path), {extract: contracts[extract]}).matches
    return match


def declared_period(landing: Path, name: str) -> str | None:
    """The period that the manifest of a landing folder declares for a file."""
    manifest = yaml.safe_load((landing / "landing.yml").read_text(encoding="utf-8"))
    periods = {entry["match"]: entry.get("period") for entry in manifest["files"]}
    return periods.get(name)
