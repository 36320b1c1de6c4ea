"""SQL that only one engine understands stands in macros/dialect, once for each."""

import re
from pathlib import Path

import pytest
from macro_rendering import render, signatures
from portable_sql import not_portable

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
DIALECT_FILES = sorted((PROJECT / "macros" / "dialect").glob("*.sql"))
SQL_FILES = sorted(
    path
    for folder in (PROJECT / "models", PROJECT / "macros")
    for path in folder.rglob("*.sql")
    if path not in DIALECT_FILES
)
# Statistics that return a select; the rest return an expression.
SELECTS = {
    "five_point_trend": ["points", ["a"], "b", "c", "d", "e", "f", "g", "h"],
    "xmr_chart": ["points", ["a"], "b", "c"],
    "slope_index": ["points", ["a"], "b", "c", "d", "e", "logit"],
    "dissimilarity": ["points", ["a"], "b", "c", "d"],
    "cumulative_midpoint": ["a", ["b"], "c"],
}


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", SQL_FILES, ids=named)
def test_sql_outside_the_dialect_macros_is_portable(path: Path) -> None:
    assert not_portable(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("macro", sorted(signatures()))
def test_what_a_statistic_renders_is_portable(macro: str) -> None:
    arguments = SELECTS.get(macro) or [
        {"confidence": 0.95, "sign": "-"}.get(name, name) for name in signatures()[macro]
    ]
    assert not_portable(render(macro, *arguments)) == []


@pytest.mark.parametrize("path", DIALECT_FILES, ids=named)
def test_a_dialect_macro_is_dispatched_and_there_for_both_engines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    macros = dict(re.findall(r"\{%-?\s*macro\s+(\w+)\(([^)]*)\)", text))
    name = path.stem
    assert macros.keys() == {name, f"default__{name}", f"spark__{name}"}
    assert len(set(macros.values())) == 1, "the macros of one name take the same arguments"
    names = re.sub(r"=[^,)]*", "", macros[name])
    assert f"adapter.dispatch('{name}')({names})" in text


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t qualify row_number() over (order by a nulls last) = 1",
        "select string_agg(a, ',') from t",
        "select strftime(a, '%Y') from t",
        "select regexp_matches(a, 'b') from t",
        "select regexp_replace(a, 'b', 'c') from t",
        "select * exclude (a) from t",
        "select unnest(a) from t",
        "select * from range(5)",
        "select list_contains(a, 1) from t",
        "select a from t asof join u on t.a >= u.a",
        "select date_diff('day', a, b) from t",
        "{%- set expression = 'arg_max(a, b)' %} select {{ expression }} from t",
        "select a from t where a ~ 'b'",
        "select a ^ 2 from t",
        "select a // 2 from t",
        'select "a" from t',
        "select concat(a, b) from t",
        "select log(a) from t",
        "select cast(a as varchar) from t",
        "select a::text from t",
        "select {{ \"cast(a as varchar)\" }} from t",
        "select rtrim(a, ',') from t",
        "select rtrim(coalesce(a, b), ',') from t",
        "select extract(dow from a) from t",
        "select a + interval '1' month from t",
        "select cast(a as date) + interval '1' month from t",
        "select a from t order by a",
        "select a from t order by a nulls last, b desc",
        "select lag(a) over (partition by b order by c) from t",
        "select sum(a) over (order by b rows between unbounded preceding and current row) from t",
        "select a / b from t",
        "select a / count(b) from t",
    ],
)  # fmt: skip
def test_the_check_of_portability_refuses(sql: str) -> None:
    assert not_portable(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select edition_range, is_excluded from t -- not with qualify",
        "select {{ days_between('a', 'b') }} from t {# strftime() #}",
        "{%- set x = 'cast(' ~ a ~ ' as double)' -%} select {{ x ~ y }} from t",
        "{%- for t in range(1, 6) %} a{{ t }}, {%- endfor %}",
        "select max_by(a, b), median(c) from t",
        "select cast(a as string), cast(b as decimal(38, 12)) from t",
        "select sum(a) over (order by b asc nulls first rows between 1 preceding and current row)",
        "select rank() over (order by a desc nulls last, coalesce(b, c) nulls first) from t",
        "select rtrim(a), trim(trailing ',' from b) from t",
        "select extract(year from a), 'a / b', \"{{ b }}\" from t".replace('"', ""),
        "select cast(a - interval '1' day as date) from t",
        "select a / nullif(b, 0), a / 2, a / (1 + exp(b)), a / {{ b }} from t",
        "select 'say \"never\"' from t",
    ],
)
def test_the_check_of_portability_accepts(sql: str) -> None:
    assert not_portable(sql) == []
