"""The models that are built on both engines, and what they are given: Parquet, at any size.

The chain is everything from the raw counts of practices to values of areas: six indicators of
appointments and of the Network Contract, with all models before them, their union and the roll-up.
A size is a number of copies of the sample's board, each with codes of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_INDICATORS = (
    "pc_pcsp_05_plan_agreed",
    "pc_pcsp_06_care_home_plans",
    "pc_sdm_03_shared_decision_recorded",
    "pc_sp_01_referred_to_social_prescribing",
    "pc_sp_06_social_prescribing_appointments",
    "pc_ssm_05_group_consultations",
)
ROLLED_UP = "int_rolled_up_practices"
_SUMS = "int_practice_sums"
_UNION = "int_indicator_inputs"
_ENGLAND = "E92000001"
_CODES = {"practice_code", "parent_code"}


@dataclass(frozen=True)
class Chain:
    """Names of the models built, and the tables given: ``whole`` ones, and ``empty`` ones.

    Tables are named with their schemas. Indicators outside the chain are empty.
    """

    models: tuple[str, ...]
    whole: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class Handed:
    """Parquet files of a size: in how many copies, and rows and bytes of the raw tables."""

    copies: int
    rows: int
    bytes: int


def chain_of(manifest: Path) -> Chain:
    """The chain as a manifest of the project has it."""
    parsed = json.loads(manifest.read_bytes())
    nodes = {**parsed["nodes"], **parsed["sources"]}
    parents = parsed["parent_map"]
    by_name = {node["name"]: key for key, node in nodes.items() if node["resource_type"] == "model"}
    built = {by_name[name] for name in (_UNION, _SUMS, ROLLED_UP)}
    for indicator in _INDICATORS:
        built.update(_models_before(by_name[indicator], parents))
    given = {parent for key in built for parent in parents[key] if parent not in built}
    empty = {key for key in given if nodes[key].get("schema") == "indicators"}
    return Chain(
        models=tuple(sorted(nodes[key]["name"] for key in built)),
        whole=tuple(sorted(_table(nodes[key]) for key in given - empty)),
        empty=tuple(sorted(_table(nodes[key]) for key in empty)),
    )


def hand_over(warehouse: Path, chain: Chain, copies: int, folder: Path) -> Handed:
    """Write what the chain is given into a folder, one file per table."""
    rows = size = 0
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"set temp_directory = '{folder / 'temporary'}'")
        connection.execute("set memory_limit = '4GB'")
        for table in (*chain.whole, *chain.empty):
            path = folder / f"{table}.parquet"
            limit = " limit 0" if table in chain.empty else ""
            found = connection.execute(
                f"copy ({_repeated(connection, table, copies)}{limit}) to '{path}' (format parquet)"
            ).fetchone()
            if table.startswith("raw.") and found is not None:
                rows += found[0]
                size += path.stat().st_size
    return Handed(copies, rows, size)


def _models_before(key: str, parents: Mapping[str, list[str]]) -> Iterator[str]:
    if key.startswith("model."):
        yield key
        for parent in parents[key]:
            yield from _models_before(parent, parents)


def _table(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('identifier') or node['alias']}"


def _repeated(connection: duckdb.DuckDBPyConnection, table: str, copies: int) -> str:
    """SQL of all copies of a table; England is the same one in all."""
    columns = connection.sql(f"select * from {table} limit 0").columns
    codes = ", ".join(
        f"case when {code} = '{_ENGLAND}' then {code} else {code} || '~' || copy end as {code}"
        for code in sorted(_CODES.intersection(columns))
    )
    if not codes:
        return f"select * from {table}"
    # One board after the other, as files come: side by side the copies of a row would cost nothing.
    return (
        f"select one.* replace ({codes}) from range({copies}) as many(copy), {table} as one "
        "order by copy"
    )
