"""A desk: an intake on a home of its own, without Dagster.

Files are put into its landing zone and taken in within a fraction of a second.
"""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.extracts.arriving.arrival import Arrival, ArrivalArea
from assets.extracts.arriving.landing import LandingZone
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import Edition, EditionStore
from assets.extracts.judging.intake import Intake
from assets.home import Home
from expectations.validation import Validator

# What the desk holds before a test spoils something: the directory, and extracts that refer to it.
HELD = (
    "ods_practices",
    "ods_pcn_memberships",
    "ods_pcns",
    "pcnwf_staff",
    "reg_list_sizes",
    "reg_practice_map",
)
HELD_FILES = (
    "ods-reference/epraccur_2025-09.csv",
    "ods-reference/ePCN_2025-09.xlsx",
    "pcn-workforce/PCN_individual_level_2025-09.csv",
    "gp-list-size/gp-reg-pat-prac-all_2025-06.csv",
    "gp-list-size/gp-reg-pat-prac-all_2025-09.csv",
    "gp-list-size/gp-reg-pat-prac-map_2025-09.csv",
)


@dataclass
class Desk:
    """An intake on a home of its own, and the landing zone in front of it."""

    landing: Path
    home: Home
    contracts: dict[str, Contract]
    connection: duckdb.DuckDBPyConnection = field(init=False)

    def __post_init__(self) -> None:
        self.landing.mkdir(parents=True, exist_ok=True)
        self.home.build.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(str(self.home.warehouse))
        self.arrivals = ArrivalArea(self.home.arrival)
        self.editions = EditionStore(self.home.editions)
        self.archive = Archive(self.home.archive)
        self.intake = Intake(
            self.connection,
            self.contracts,
            self.arrivals,
            self.archive,
            self.editions,
            Validator(self.connection),
        )

    def put(self, name: str, content: bytes) -> Path:
        """Lay a file in the landing zone, in place of one of the same name."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def declare(self, *entries: dict[str, Any]) -> None:
        """Say of every file that it is made up, and what else the entries say."""
        everything = {"match": "*", "synthetic": True, "reason": "made up for a test"}
        text = yaml.safe_dump({"files": [everything, *entries]}, sort_keys=False)
        (self.landing / "landing.yml").write_text(text, encoding="utf-8")

    def receive(self) -> dict[str, Arrival]:
        """Look at the landing zone; arrivals by file name."""
        found = self.arrivals.receive(
            LandingZone(self.landing), self.contracts, is_held=self.archive.holds_whole
        )
        return {arrival.file_name: arrival for arrival in found}

    def take_in(self, *extracts: str) -> dict[str, list[Edition]]:
        """Receive, and take extracts in; what was evaluated now, by extract."""
        self.receive()
        try:
            return {extract: self.intake.take_in(extract) for extract in extracts or HELD}
        finally:
            self.arrivals.discard_copies()

    def raw(self, extract: str) -> list[tuple[Any, ...]]:
        """Everything that ``raw.<extract>`` holds, in a fixed order."""
        table = self.contracts[extract].raw_table
        return self.connection.execute(f"select * from {table} order by all").fetchall()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Content of all raw tables of the desk."""
        return {extract: self.raw(extract) for extract in HELD}

    def quarantine(self, edition: Edition) -> list[tuple[int, str, str, str | None]]:
        """Row number, code, column and text of each quarantined row."""
        return self.connection.execute(
            "select source_row_number, code, column_name, row_text from read_parquet(?) order by 1",
            [[str(path) for path in self.editions.quarantine_paths(edition)]],
        ).fetchall()

    def close(self) -> None:
        self.connection.close()


def text_of_everything_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder as bytes, and every file with tables once more as plain text.

    Parquet pages are compressed, and SQLite breaks long texts over pages, so that a search of their
    bytes alone would find nothing. So are the parts of a workbook.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        yield path, path.read_bytes()
        if path.suffix == ".parquet":
            rows = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
            yield path, repr(rows).encode()
        elif path.suffix == ".duckdb":
            yield path, text_of_database(path)
        elif path.suffix == ".db":
            yield path, _text_of_sqlite(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                yield path, b"".join(parts.read(name) for name in parts.namelist())


def text_of_database(path: Path, *, without: str | None = None) -> bytes:
    """All rows of all tables and views of a DuckDB file, those of one schema left out."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema is distinct from ?",
            [without],
        ).fetchall()
        found = [
            connection.execute(f'select * from "{schema}"."{table}"').fetchall()
            for schema, table in tables
        ]
    return repr(found).encode()


def _text_of_sqlite(path: Path) -> bytes:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        found = [
            connection.execute(f'select * from "{table}"').fetchall()
            for (table,) in tables.fetchall()
        ]
    return repr(found).encode()
