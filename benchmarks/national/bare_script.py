"""One DuckDB script that makes the indicator values of the same files, and nothing else.

It is written from what a finished night knows: which file fits which layout of which contract,
and the SQL of every model that ``indicator_values`` stands on. Running it needs DuckDB alone: no
Dagster, dbt, rules, archive, disclosure control, release or report. What DuckDB does not read by
itself (workbooks, JSON, text that is not UTF-8), and files of which rows were set aside, are
handed to it as Parquet.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.extracts.assets import LEDGER_TABLES
from assets.extracts.contract_model.contract import (
    LINEAGE_COLUMNS,
    Contract,
    Layout,
    WideColumns,
)
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.contract_model.headers import find_header, normalise_header
from assets.extracts.holding.editions import Edition, EditionStore, PartRecord
from assets.extracts.judging.staging import without_null_tokens
from assets.extracts.sql_text import identifier, literal
from assets.folders import Home
from orchestration.settings import Settings

_WANTED = "model.doing_with.indicator_values"
_PARQUET_TYPES = {"edition_period_start": "date", "edition_period_end": "date"}
# Counts as they are: what a bare script has no disclosure control for.
_RELEASED_COUNTS = """
create schema disclosure;
create table disclosure.released_counts as
select
    cell_id, 'released' as state, cast(null as varchar) as rule, people as released_count, is_exact
from intermediate.int_people_counts;
"""


# What macros/by_edition.sql puts into models that are built of a few editions.
_OF_SOME_EDITIONS = re.compile(r"_editions\b|where (edition_id in \(|false)")


class NotOfAllEditionsError(ValueError):
    """A model whose newest compiled SQL is of changed editions; the message says what to do."""


@dataclass(frozen=True, slots=True)
class BareScript:
    """The script, and how many of its rows are handed over as Parquet instead of read."""

    path: Path
    files_read: int
    rows_handed_over: int


def write_bare_script(home: Home, landing: Path, path: Path) -> BareScript:
    """Write the script of the editions in use and of the models as dbt compiled them.

    Raises:
        NotOfAllEditionsError: when the last night did not build every model of all editions.
    """
    editions = EditionStore(home.editions)
    statements = ["create schema raw; create schema restricted;"]
    files = handed_over = 0
    for contract in load_contracts().values():
        selects = []
        for edition in editions.in_use(contract.extract):
            for part, rows in zip(edition.parts, editions.rows_paths(edition), strict=True):
                select = _read(contract, edition, part, landing / part.file_name)
                files += select is not None
                handed_over += 0 if select else part.rows_loaded
                selects.append(select or _handed_over(contract, rows))
        statements.append(_raw_table(contract, selects))
    statements += [*_ledger(home, path.parent), *_models(Settings().dbt_target)]
    path.write_text("\n".join(statements) + "\n", encoding="utf-8")
    return BareScript(path, files, handed_over)


def is_of_all_editions(compiled: str) -> bool:
    """Whether compiled SQL of a model that is built edition by edition is of all of them."""
    return _OF_SOME_EDITIONS.search(compiled) is None


def _handed_over(contract: Contract, rows: Path) -> str:
    columns = ", ".join(literal(name) for name in (*contract.column_names, *LINEAGE_COLUMNS))
    return f"select columns(lambda c: c in ({columns})) from read_parquet({literal(str(rows))})"


def _raw_table(contract: Contract, selects: list[str]) -> str:
    columns = (*contract.column_names, *LINEAGE_COLUMNS)
    kinds = {"source_row_number": "bigint", **_PARQUET_TYPES}
    table = ", ".join(f"{identifier(name)} {kinds.get(name, 'varchar')}" for name in columns)
    inserts = "".join(f"insert into {contract.raw_table} by name {sql};\n" for sql in selects)
    return f"create table {contract.raw_table} ({table});\n{inserts}"


def _read(contract: Contract, edition: Edition, part: PartRecord, file: Path) -> str | None:
    """The rows of a file as the raw table has them; None for what is handed over."""
    layout = next((each for each in contract.layouts if each.name == part.layout), None)
    if layout is None or part.rows_quarantined or not _is_for_duckdb(file):
        return None
    source, headers = _source(file, layout)
    cells = {
        column.name: without_null_tokens(identifier(headers[position]), column.null_tokens)
        for column in layout.columns
        if (position := find_header((*column.headers, column.name), tuple(headers))) is not None
    }
    if layout.wide:
        source, more = _unpivoted(source, headers, layout.wide)
        cells |= more
    cells |= _lineage(edition, part)
    listed = ", ".join(f"{sql} as {identifier(name)}" for name, sql in cells.items())
    return f"select {listed} from {source}"


def _is_for_duckdb(file: Path) -> bool:
    """Whether DuckDB reads a file without an extension: Parquet, and CSV in UTF-8."""
    if file.suffix == ".csv":
        try:
            file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return False
    return file.suffix in (".csv", ".parquet")


def _source(file: Path, layout: Layout) -> tuple[str, list[str]]:
    """The file as a relation of text, and its headers."""
    place = literal(str(file))
    if file.suffix == ".parquet":
        with duckdb.connect() as engine:
            described = engine.execute(f"describe select * from read_parquet({place})").fetchall()
        return f"(select columns(*)::varchar from read_parquet({place}))", [
            str(row[0]) for row in described
        ]
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        skipped, headers = (
            _header(rows, layout) if layout.header else (0, _by_position(rows, layout))
        )
    first = str(layout.header).lower()
    return (
        f"read_csv({place}, header={first}, skip={skipped}, delim=',', quote='\"', escape='\"', "
        f"auto_detect=false, columns={_columns(headers)})",
        headers,
    )


def _by_position(rows: Iterator[list[str]], layout: Layout) -> list[str]:
    """Names of the columns of a file that has no header."""
    names = [column.name for column in layout.columns]
    width = len(next(rows))
    return [*names[:width], *(f"column_{position}" for position in range(len(names), width))]


def _columns(headers: list[str]) -> str:
    return "{" + ", ".join(f"{literal(header)}: 'varchar'" for header in headers) + "}"


def _header(rows: Iterator[list[str]], layout: Layout) -> tuple[int, list[str]]:
    """How many rows stand above the header, and the header."""
    wanted = [column.headers or (column.name,) for column in layout.columns if column.required]
    for skipped, row in enumerate(rows):
        headers = _unique(row)
        if not layout.preamble or all(find_header(w, tuple(headers)) is not None for w in wanted):
            return skipped, headers
    raise ValueError(f"no header of layout {layout.name}")


def _unique(row: list[str]) -> list[str]:
    """Headers with a number behind those that stand twice or say nothing."""
    seen: dict[str, int] = {}
    named = []
    for position, header in enumerate(row):
        name = header or f"column_{position}"
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        named.append(name if seen[name.lower()] == 1 else f"{name}_{position}")
    return named


def _unpivoted(source: str, headers: list[str], wide: WideColumns) -> tuple[str, dict[str, str]]:
    """A wide file with a row for each cell that its contract keeps."""
    pattern = re.compile(wide.pattern)
    kept: dict[str, Mapping[str, str | None]] = {}
    for header in headers:
        match = pattern.match(normalise_header(header))
        if match and all((match[group] or "") in values for group, values in wide.keep.items()):
            kept[header] = match.groupdict()
    listed = ", ".join(identifier(header) for header in kept)
    relation = f"(unpivot {source} on {listed} into name wide_header value wide_cell)"
    cells = {wide.value.name: without_null_tokens("wide_cell", wide.value.null_tokens)}
    for group, column in wide.groups.items():
        parts = {header: parts[group] for header, parts in kept.items() if parts[group]}
        keys = ", ".join(literal(header) for header in parts)
        values = ", ".join(literal(str(value)) for value in parts.values())
        cells[column] = f"map([{keys}], [{values}])[wide_header]"
    return relation, cells


def _lineage(edition: Edition, part: PartRecord) -> dict[str, str]:
    """What the raw table says of where a row comes from."""

    def day(value: object) -> str:
        return f"date {literal(str(value))}" if value else "null::date"

    return {
        "edition_id": literal(edition.edition_id),
        "edition_period": literal(edition.period),
        "edition_period_start": day(edition.period_start),
        "edition_period_end": day(edition.period_end),
        "edition_coverage": literal(edition.coverage),
        "edition_submitter": literal(edition.submitter),
        "source_file_name": literal(part.file_name),
        "source_sha256": literal(part.sha256),
        "source_row_number": "row_number() over ()",
    }


def _ledger(home: Home, folder: Path) -> list[str]:
    """What the models ask of the ledger of editions, handed over as Parquet."""
    statements = ["create schema ledger;"]
    with duckdb.connect(str(home.warehouse), read_only=True) as build:
        for table in LEDGER_TABLES:
            file = literal(str(folder / f"{table}.parquet"))
            build.execute(f"copy ledger.{table} to {file}")
            statements.append(f"create table ledger.{table} as from read_parquet({file});")
    return statements


def _models(dbt_target: Path) -> list[str]:
    """Every model and seed that the values stand on, in an order in which they can be made."""
    manifest = json.loads((dbt_target / "manifest.json").read_text(encoding="utf-8"))
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    statements: list[str] = []
    made: set[str] = set()
    schemas: set[str] = set()

    def make(name: str) -> None:
        if name in made:
            return
        made.add(name)
        node = nodes.get(name)
        if node is None:
            if name.endswith("disclosure.released_counts"):
                make("model.doing_with.int_people_counts")
                statements.append(_RELEASED_COUNTS)
            return
        for parent in node["depends_on"].get("nodes", []):
            make(parent)
        schema = node["schema"].removeprefix("main_")
        if schema not in schemas:
            schemas.add(schema)
            statements.append(f"create schema if not exists {schema};")
        statements.append(_statement(node, schema, dbt_target))

    make(_WANTED)
    return statements


def _statement(node: Mapping[str, Any], schema: str, dbt_target: Path) -> str:
    relation = f"{schema}.{node['name']}"
    if node["resource_type"] == "seed":
        file = Path(node["root_path"]) / node["original_file_path"]
        types = node["config"].get("column_types") or {}
        typed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
        return f"create table {relation} as from read_csv({literal(str(file))}, types={{{typed}}});"
    compiled = dbt_target / "compiled" / node["package_name"] / node["original_file_path"]
    text = compiled.read_text(encoding="utf-8")
    if node["config"]["materialized"] == "incremental" and not is_of_all_editions(text):
        raise NotOfAllEditionsError(
            f"{relation} was last compiled for the editions that changed: write the script after "
            "a night from nothing, or after the job full_rebuild"
        )
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    return f"create {kind} {relation} as\n{text};"
