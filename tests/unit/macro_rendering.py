"""Render the statistics macros without dbt, and run the SQL in DuckDB.

dbt needs seconds to start; the macros are plain Jinja, which renders them in milliseconds. Of dbt's
own they may use `exceptions.raise_compiler_error` and nothing else: anything more fails here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, cast

import duckdb
from jinja2 import Environment, StrictUndefined, nodes

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "statistics"

CONFIDENCE_QUANTILES = {0.95: 1.959963984540054, 0.998: 3.090232306167813}

Value = float | str | bool | date | None
Macro = Callable[..., str]


class CompilerError(Exception):
    """What `exceptions.raise_compiler_error` raises; dbt has a class of its own."""


class _Exceptions:
    """Stands for dbt's `exceptions` in templates."""

    @staticmethod
    def raise_compiler_error(message: str) -> NoReturn:
        raise CompilerError(message)


@cache
def _environment() -> Environment:
    """Out: a Jinja environment in which every macro sees every other, as in a dbt project."""
    environment = Environment(undefined=StrictUndefined)
    environment.globals["exceptions"] = _Exceptions()

    def later(path: Path, name: str) -> Macro:
        # looked up when called: macros of different files may call each other in any order
        return lambda *args, **kwargs: str(getattr(_module(path), name)(*args, **kwargs))

    for path in sorted(MACROS.glob("*.sql")):
        for name in _definitions(path):
            environment.globals[name] = later(path, name)
    return environment


@cache
def _module(path: Path) -> object:
    return _environment().from_string(path.read_text(encoding="utf-8")).module


def _definitions(path: Path) -> dict[str, list[str]]:
    """In: a file of macros. Out: names of its macros, each with the names of its arguments."""
    tree = Environment().parse(path.read_text(encoding="utf-8"))
    return {m.name: [a.name for a in m.args] for m in tree.find_all(nodes.Macro)}


def signatures() -> dict[str, list[str]]:
    """Out: every statistics macro with the names of its arguments, in order."""
    return {
        name: arguments
        for path in sorted(MACROS.glob("*.sql"))
        for name, arguments in _definitions(path).items()
    }


def render(macro: str, *args: Any, **kwargs: Any) -> str:
    """In: a macro's name and arguments, as a model would give them. Out: its SQL."""
    call = cast(Macro, _environment().globals[macro])
    return call(*args, **kwargs).strip()


def limits(macro: str, *args: str | float) -> list[str]:
    """In: `wilson` and its arguments. Out: lower and upper at 95 %, then at 99.8 %."""
    return [
        render(f"{macro}_{side}", *args, confidence)
        for confidence in CONFIDENCE_QUANTILES
        for side in ("lower", "upper")
    ]


def evaluate(
    expressions: Sequence[str], rows: Mapping[str, Sequence[Value]]
) -> list[tuple[Value, ...]]:
    """Evaluate expressions over rows, in one query.

    In: SQL expressions, and the columns they mention (numbers become double, text varchar).
    Out: one tuple per row in the same order, with one value per expression.
    """
    count = len(next(iter(rows.values())))
    listed = ", ".join(f"({expression})" for expression in expressions)
    query = (
        f"with rows as (select unnest(range({count})) as row_order, {_columns(rows)}) "
        f"select {listed} from rows order by row_order"
    )
    return _connection().execute(query, [list(values) for values in rows.values()]).fetchall()


def one_row(expressions: Sequence[str], **row: Value) -> tuple[Value, ...]:
    """In: SQL expressions and the value of each column they mention. Out: their values."""
    return evaluate(expressions, {name: [value] for name, value in row.items()})[0]


def quantile_bands(values: Sequence[float], k: int, invert: bool) -> list[Value]:
    """Bands in SQL from the values up, with the rank that the macro's page names."""
    rank = f"rank() over (order by v {'desc' if invert else 'asc'} nulls last)"
    band = render("quantile_band", rank, "count(v) over ()", k)
    return [row[0] for row in evaluate([band], {"v": values})]


def run_select(
    select: str, relation: str, rows: Mapping[str, Sequence[Value]], order_by: str
) -> list[dict[str, Any]]:
    """Run a select that a macro returned over a relation, as a model would: inside a CTE.

    In: the select, the name of the relation it reads with its columns, and how to sort the result.
    Out: one mapping of column to value per row.
    """
    result = _connection().execute(
        f"with {relation} as (select {_columns(rows)}), result as (\n{select}\n) "
        f"select * from result order by {order_by}",
        [list(values) for values in rows.values()],
    )
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _columns(rows: Mapping[str, Sequence[Value]]) -> str:
    return ", ".join(
        f"unnest(cast(${i} as {_type(values)}[])) as {name}"
        for i, (name, values) in enumerate(rows.items(), start=1)
    )


def _type(values: Sequence[Value]) -> str:
    if any(isinstance(value, bool) for value in values):
        return "boolean"
    if any(isinstance(value, date) for value in values):
        return "date"
    return "varchar" if any(isinstance(value, str) for value in values) else "double"


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})
