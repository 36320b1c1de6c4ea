"""A hash of data, not of files: the same rows in any order, on any machine, give the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import duckdb

from expectations.rules import quoted

# 12 significant digits: sums of doubles taken in another order differ below that.
_DIGITS = "{:.11e}"
_LOW_64_BITS = (1 << 64) - 1

# Types whose text never holds the separator and is never empty, so that null can be empty.
_PLAIN_TYPES = frozenset(
    (
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
        "DECIMAL",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "UUID",
    )
)


class ContentHashError(TypeError):
    """A column whose type has no canonical text; the message names the column and the type."""


def table_hash(
    connection: duckdb.DuckDBPyConnection, qualified_table: str, columns: Sequence[str]
) -> str:
    """Hash of the values of some columns of a table, in hexadecimal.

    ``qualified_table`` is SQL that may follow ``from``: a quoted name or ``read_parquet(...)``.
    Each row becomes a canonical text (doubles with 12 significant digits, -0 as 0, dates as in
    ISO 8601, null apart from an empty text) and a 128-bit hash; their sums and the number of
    rows are independent of order and need one scan and no sort. The order in which columns are
    named does not count either, their names do.

    Raises ``ContentHashError`` for a type that it does not know and ``duckdb.Error`` for a table
    or column that does not exist.
    """
    if not columns:
        raise ContentHashError(f"{qualified_table} has no columns to hash")
    names = sorted(columns)
    listed = ", ".join(quoted(name) for name in names)
    described = connection.execute(f"describe select {listed} from {qualified_table}").fetchall()
    texts = ", ".join(
        _canonical_text(qualified_table, name, str(row[1]))
        for name, row in zip(names, described, strict=True)
    )
    [(rows, low, high)] = connection.execute(
        f"select count(*), coalesce(sum((row_hash & {_LOW_64_BITS}::uhugeint)::hugeint), 0), "
        "coalesce(sum((row_hash >> 64)::hugeint), 0) "
        f"from (select md5_number(concat({texts})) as row_hash from {qualified_table}) as hashed"
    ).fetchall()
    return _digest({"columns": names, "rows": rows, "low": str(low), "high": str(high)})


def content_hash(table_hashes: Mapping[str, str]) -> str:
    """One hash over named table hashes, whatever their order."""
    return _digest(dict(sorted(table_hashes.items())))


def _digest(value: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()


def _canonical_text(table: str, column: str, type_name: str) -> str:
    """SQL for the text of a cell; texts of a row stay apart when they are put together."""
    cell = quoted(column)
    kind = type_name.split("(", maxsplit=1)[0]
    if kind in ("VARCHAR", "ENUM"):
        text = f"{cell}::varchar"
        return f"coalesce(strlen({text}) || ':' || {text}, '') || ';'"
    if kind in ("DOUBLE", "FLOAT"):
        return (
            f"case when {cell} is null then ';' when {cell} = 0 then '0;' "
            f"when isnan({cell}) then 'nan;' "
            f"else format('{_DIGITS};', {cell}::double) end"
        )
    if kind == "BLOB":
        return f"coalesce(':' || hex({cell}), '') || ';'"
    if kind == "TIMESTAMP WITH TIME ZONE":  # its text depends on the session
        return f"coalesce(epoch_us({cell})::varchar, '') || ';'"
    if kind in _PLAIN_TYPES and not type_name.endswith("]"):
        return f"coalesce({cell}::varchar, '') || ';'"
    raise ContentHashError(f"{table}: column {column} has type {type_name}, which has no hash")
