"""What a template of SQL says that DuckDB 2.0 and Spark 4.1 do not both understand alike.

In: the text of a .sql file, Jinja and all. Out: sentences, one per construct outside the portable
set. Each rule stands for a difference that was run on both engines; what cannot be written without
one of them belongs into dbt_project/macros/dialect, where each engine has its own macro.
"""

import re
from collections.abc import Iterator

# One engine lacks it.
MISSING = {
    "string_agg", "group_concat", "listagg", "starts_with", "strftime", "strptime", "try_strptime",
    "epoch", "epoch_ms", "regexp_matches", "regexp_full_match", "regexp_like", "isfinite", "isinf",
    "unnest", "explode", "flatten", "generate_series", "range", "struct_pack", "quantile_cont",
    "quantile_disc", "arg_max", "arg_min", "read_csv", "read_parquet", "read_json", "strpos",
    "string_split", "str_split", "nvl", "lgamma", "date_format", "to_date", "to_timestamp", "today",
    "list", "prefix", "suffix", "collect_list", "collect_set", "named_struct", "exclude",
}  # fmt: skip
# Both have it and mean something else.
MEANT_OTHERWISE = {
    "concat": "null makes it null on Spark alone: write ||",
    "log": "base ten on DuckDB, natural on Spark: write ln",
    "regexp_replace": "the first match on DuckDB, every match on Spark",
    "regexp_extract": "the whole match on DuckDB, its first group on Spark",
    "regexp_extract_all": "the whole match on DuckDB, its first group on Spark",
    "date_trunc": "a date on DuckDB, a timestamp on Spark",
    "date_diff": "its arguments stand in another order: use days_between",
    "datediff": "its arguments stand in another order: use days_between",
    "date_add": "days on Spark, an interval on DuckDB",
    "date_sub": "days on Spark, an interval on DuckDB",
    "isnan": "null is null on DuckDB, false on Spark: use is_finite_number",
    "array_agg": "its order is none's",
    "hash": "another number on each engine",
}
CLAUSES = re.compile(
    r"\b(?:qualify|rlike|regexp|isodow|glob|positional\s+join|(?:asof|semi|anti)\s+join"
    r"|create\s+or\s+replace|at\s+time\s+zone|using\s+sample|distinct\s+on|lateral\s+view)\b",
    re.IGNORECASE,
)
CALL = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(", re.IGNORECASE)
TYPE = re.compile(
    r"(?:\bas|::)\s*(varchar|text|hugeint|uhugeint|u?tinyint|ubigint|uinteger|json|uuid"
    r"|timestamptz|time|bit|blob)\b",
    re.IGNORECASE,
)
LIST = re.compile(r"\blist_\w+\s*\(|\barray_\w+\s*\(", re.IGNORECASE)
OPERATOR = re.compile(r"~|\^|\*\*|//|->|(?<![<>=!|])@")
EXTRACT = re.compile(r"\bextract\s*\(\s*(?!year\b|month\b|day\b|quarter\b)(\w+)", re.IGNORECASE)
ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
FRAME_OR_END = re.compile(r"\b(?:rows|range|limit|union|offset)\b", re.IGNORECASE)
NULLS = re.compile(r"\bnulls\s+(?:first|last)\s*$", re.IGNORECASE)


def not_portable(text: str) -> list[str]:
    """In: a template. Out: what is not portable in it; empty where all is."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", " ", text)
    # Jinja joins text with the sign that matches patterns in SQL, and quotes both ways.
    bare = re.sub(r"\{%.*?%\}", " ", text, flags=re.DOTALL)
    bare = re.sub(r"\{\{.*?\}\}", "jinja", bare, flags=re.DOTALL)
    bare = re.sub(r"'(?:[^']|'')*'", "''", bare)
    return [*_words(text), *_structure(bare)]


def _words(text: str) -> Iterator[str]:
    """Names that say enough by themselves, in SQL and in the SQL that Jinja strings hold."""
    for call in CALL.finditer(text):
        name = call.group(1).lower()
        if name == "range" and text[: call.start()].rstrip().endswith(" in"):
            continue  # the loop of Jinja
        if name in MISSING:
            yield f"{name}(): one engine lacks it"
        if name in MEANT_OTHERWISE:
            yield f"{name}(): {MEANT_OTHERWISE[name]}"
    for found in TYPE.finditer(text):
        yield f"type {found.group(1)}: Spark has none of that name (text is string)"
    for pattern in (CLAUSES, LIST):
        for found in pattern.finditer(text):
            yield f"{found.group(0)}: one engine lacks it"
    for found in EXTRACT.finditer(text):
        yield f"extract({found.group(1)}): counted differently"


def _structure(sql: str) -> Iterator[str]:
    """What only shows in its place, in SQL without comments, Jinja and literals."""
    if '"' in sql:
        yield '"…": a name on DuckDB, a text on Spark'
    for found in OPERATOR.finditer(sql):
        yield f"{found.group(0)}: another operator on the other engine, or none"
    for rule in (_orders, _trims, _dates, _divisions):
        yield from rule(sql)


def _orders(sql: str) -> Iterator[str]:
    for found in ORDER_BY.finditer(sql):
        for item in _order_items(sql[found.end() :]):
            if not NULLS.search(item):
                yield f"order by {item}: nulls last on DuckDB, first on Spark: say which"


def _trims(sql: str) -> Iterator[str]:
    for found in re.finditer(r"\b([lr]?trim)\s*\(", sql, re.IGNORECASE):
        if len(_items(_inside(sql[found.end() :]))) > 1:
            yield f"{found.group(1)}(text, characters): the other way round on Spark"


def _dates(sql: str) -> Iterator[str]:
    for found in re.finditer(r"[+-]\s*interval\b", sql, re.IGNORECASE):
        if not _is_cast_to_date(sql, found.start()):
            yield "date and interval: a timestamp on DuckDB, a date on Spark: cast it as date"


def _divisions(sql: str) -> Iterator[str]:
    for found in re.finditer(r"/(?!/)", sql):
        divisor = sql[found.end() :].lstrip()
        # what is in brackets may add to something above 0
        if not re.match(r"nullif\s*\(|\d|jinja|\(", divisor, re.IGNORECASE):
            yield f"/ {divisor[:30]}: an error on Spark at 0: divide by nullif(…, 0)"


def _order_items(text: str) -> list[str]:
    clause = _inside(text)
    if end := FRAME_OR_END.search(clause):
        clause = clause[: end.start()]
    return _items(clause)


def _inside(text: str) -> str:
    """Up to the bracket that closes what was open before."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return text[:position]
    return text


def _items(text: str) -> list[str]:
    """Split at commas outside brackets."""
    items, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return [" ".join(item.split()) for item in items]


def _is_cast_to_date(sql: str, position: int) -> bool:
    depth = 0
    for before in range(position, -1, -1):
        depth += (sql[before] == ")") - (sql[before] == "(")
        if depth < 0:
            inside = _inside(sql[before + 1 :])
            is_cast = re.search(r"\bcast\s*$", sql[:before], re.IGNORECASE)
            return bool(is_cast and re.search(r"\bas\s+date\s*$", inside, re.IGNORECASE))
    return False
