"""Render the statistics macros without dbt, and evaluate the SQL in DuckDB.

dbt needs seconds to start; the macros are plain Jinja, which renders them in milliseconds. Of dbt's
own they may use `exceptions.raise_compiler_error` and nothing else: anything more fails here.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn, cast

import duckdb
from jinja2 import Environment, StrictUndefined, nodes

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "statistics"

Value = float | str | bool | None
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


def render(macro: str, *args: str | float, **kwargs: str | float) -> str:
    """In: a macro's name and arguments, as a model would give them. Out: its SQL expression."""
    call = cast(Macro, _environment().globals[macro])
    return call(*args, **kwargs).strip()


def evaluate(
    expressions: Sequence[str], rows: Mapping[str, Sequence[Value]]
) -> list[tuple[Value, ...]]:
    """Evaluate expressions over rows, in one query.

    In: SQL expressions, and the columns they mention (numbers become double, text varchar).
    Out: one tuple per row in the same order, with one value per expression.
    """
    columns = ", ".join(
        f"unnest(cast(${i} as {_type(values)}[])) as {name}"
        for i, (name, values) in enumerate(rows.items(), start=1)
    )
    count = len(next(iter(rows.values())))
    listed = ", ".join(f"({expression})" for expression in expressions)
    query = (
        f"with rows as (select unnest(range({count})) as row_order, {columns}) "
        f"select {listed} from rows order by row_order"
    )
    return _connection().execute(query, [list(values) for values in rows.values()]).fetchall()


def _type(values: Sequence[Value]) -> str:
    if any(isinstance(value, bool) for value in values):
        return "boolean"
    return "varchar" if any(isinstance(value, str) for value in values) else "double"


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})
