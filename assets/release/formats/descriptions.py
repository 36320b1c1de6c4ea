"""One description of every published column, for the dictionary and for the data package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assets.release.candidate.facts import ColumnFacts, TableFacts
from assets.release.formats.declared import Declared
from assets.release.keys import KEYS, TableKeys


@dataclass(frozen=True)
class ColumnDescription:
    """A column as people and tools are told of it; ``leads_to`` are ``table.column``."""

    name: str
    type: str
    description: str
    is_primary: bool
    leads_to: tuple[str, ...]
    is_never_null: bool
    known_values: tuple[str, ...]

    @property
    def key(self) -> str | None:
        """Part of the primary key, where it leads to, or None."""
        parts = ["primary"] if self.is_primary else []
        parts += [f"to {column}" for column in self.leads_to]
        return ", ".join(parts) or None


@dataclass(frozen=True)
class TableDescription:
    """A table of a release with its columns in their order."""

    name: str
    schema_name: str
    description: str
    keys: TableKeys
    columns: tuple[ColumnDescription, ...]

    @property
    def qualified_name(self) -> str:
        """Name to use in SQL: with its schema where that is not the default one."""
        return self.name if self.schema_name == "main" else f"{self.schema_name}.{self.name}"


def describe_tables(tables: Iterable[TableFacts], declared: Declared) -> list[TableDescription]:
    """Descriptions of tables as written, with their keys and what is declared of them."""
    return [
        describe_table(table.schema_name, table.name, table.description, table.columns, declared)
        for table in tables
    ]


def describe_table(
    schema_name: str,
    name: str,
    description: str,
    columns: Iterable[ColumnFacts],
    declared: Declared,
) -> TableDescription:
    """Description of one table; one without declared keys has none."""
    keys = KEYS.get(f"{schema_name}.{name}", TableKeys(()))
    return TableDescription(
        name=name,
        schema_name=schema_name,
        description=description,
        keys=keys,
        columns=tuple(_column(name, column, keys, declared) for column in columns),
    )


def _column(
    table: str, column: ColumnFacts, keys: TableKeys, declared: Declared
) -> ColumnDescription:
    is_primary = column.name in keys.primary
    return ColumnDescription(
        name=column.name,
        type=column.type,
        description=column.description,
        is_primary=is_primary,
        leads_to=tuple(
            f"{key.table}.{referenced}"
            for key in keys.foreign
            for here, referenced in zip(key.columns, key.referenced, strict=True)
            if here == column.name
        ),
        is_never_null=is_primary or (table, column.name) in declared.never_null,
        known_values=declared.known_values.get((table, column.name), ()),
    )
