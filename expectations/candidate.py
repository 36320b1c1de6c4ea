"""Rules on the candidate as written: the files that an analyst will open, not the build.

The same rules hold of the DuckDB file (schema ``main``) and of the Parquet files (``parquet``).
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.mart_rule import SHOW, VALUE_KEY
from expectations.marts import AREA_TYPES, VALUE_STATES
from expectations.rules import NoRows, NoRowsWhere, Outcome, RowCount, Rule, Unique
from expectations.small_numbers import SmallNumbers

DUCKDB, PARQUET = "main", "parquet"

# Tables of values with a state.
_VALUES = ("indicator_values", "latest_values", "england_values")
_KEYS = {
    "indicator_values": VALUE_KEY,
    "indicators": ("indicator_id",),
    "areas": ("area_type", "area_code"),
    "extracts": ("extract",),
}
# Nothing may stand beside these: who subtracts what stands there from a total finds the number.
_HIDDEN = "(value_state like 'suppressed%' or value_state = 'below_min_base')"
_BESIDE = (
    "value",
    "lower_95",
    "upper_95",
    "lower_998",
    "upper_998",
    "lower_95_recomputed",
    "upper_95_recomputed",
    "change_since_previous",
)
_COUNTS = ("numerator", "denominator", "unweighted_base")

AS_WRITTEN = Rule(
    table="main.candidate",
    name="files_are_as_built",
    description="DuckDB and Parquet files hold what was built: tables, rows, comments, content",
)
CENTRAL_METRICS_AS_WRITTEN = Rule(
    table="main.candidate",
    name="central_metrics_are_as_published",
    description="the Central Metrics Library tables hold the published values and no other",
)
CHANGES_TOLD = Rule(
    table="main.candidate",
    name="changes_are_told",
    description="what changed since the release in force was found out",
    severity="warning",
)
REPORT_AS_WRITTEN = Rule(
    table="main.report",
    name="site_is_as_built",
    description=(
        "every page of the report is there, its links lead somewhere, its numbers are those of "
        "the release, and nothing is fetched from outside"
    ),
)


def candidate_rules(small_numbers: SmallNumbers) -> list[Rule]:
    """Rules that run over the candidate's own files, opened read-only."""
    rules = [rule for schema in (DUCKDB, PARQUET) for rule in _rules_of(schema, small_numbers)]
    return [*rules, *_between(), _england()]


def _rules_of(schema: str, small_numbers: SmallNumbers) -> list[Rule]:
    return [
        RowCount(
            table=f"{schema}.indicator_values",
            name="has_rows",
            description="the published table has values",
            at_least=1,
        ),
        *(
            Unique(
                table=f"{schema}.{name}",
                name="key_is_unique",
                description="one row per " + ", ".join(key).replace("_", " "),
                columns=key,
                identify_by=key,
            )
            for name, key in _KEYS.items()
        ),
        *(rule for name in _VALUES for rule in _rules_of_values(f"{schema}.{name}", small_numbers)),
        NoRows(
            table=f"{schema}.indicator_values",
            name="value_has_its_source",
            description="every value leads to the editions it was made of",
            query=(
                f"select * from {schema}.indicator_values where value is not null and lineage_id "
                f"not in (select lineage_id from {schema}.value_lineage)"
            ),
            identify_by=SHOW,
        ),
        NoRows(
            table=f"{schema}.indicator_values",
            name="area_is_known",
            description="every area of a value is in the table of areas",
            query=(
                f"select area_values.* from {schema}.indicator_values as area_values "
                f"left join {schema}.areas as areas "
                "on area_values.area_type = areas.area_type "
                "and area_values.area_code = areas.area_code where areas.area_code is null"
            ),
            identify_by=SHOW,
        ),
    ]


def _rules_of_values(table: str, small_numbers: SmallNumbers) -> list[Rule]:
    nothing_counted = (
        "'suppressed_source', 'suppressed', 'below_min_base', 'not_available', 'late', "
        "'not_applicable'"
    )
    states = ", ".join(f"'{state}'" for state in VALUE_STATES)
    types = ", ".join(f"'{area_type}'" for area_type in AREA_TYPES)
    conditions = (
        (
            "no_value_beside_suppression",
            "nothing stands beside a suppressed state",
            f"{_HIDDEN} and (coalesce({', '.join(_BESIDE)}) is not null "
            f"or coalesce({', '.join(_COUNTS)}) is not null "
            "or comparison_95 is not null or quantile is not null) "
            # How much is covered says of how many practices a hidden figure is at least.
            "or value_state = 'suppressed' and coverage is not null",
        ),
        (
            "no_count_beside_an_empty_state",
            "no numerator, denominator or base stands where nothing is shown",
            f"value_state in ({nothing_counted}) and coalesce({', '.join(_COUNTS)}) is not null",
        ),
        (
            "small_numbers_are_hidden",
            small_numbers.description,
            small_numbers.shown,
        ),
        (
            "value_only_when_reported",
            "a value stands exactly where the state is reported or zero",
            "(value is not null) <> (value_state in ('reported', 'zero'))",
        ),
        (
            "states_and_levels_are_known",
            "states and levels are those of the lists",
            f"value_state is null or value_state not in ({states}) "
            f"or area_type is null or area_type not in ({types})",
        ),
        (
            "numbers_are_finite",
            "no infinity and no NaN",
            " or ".join(f"not isfinite({column})" for column in (*_BESIDE, *_COUNTS[:2])),
        ),
        (
            "absence_is_explained",
            "whatever is not reported says why",
            "value_state not in ('reported', 'zero') and value_reason is null",
        ),
    )
    return [
        NoRowsWhere(
            table=table,
            name=name,
            description=description,
            condition=condition,
            identify_by=SHOW,
        )
        for name, description, condition in conditions
    ]


def _between() -> list[Rule]:
    """What DuckDB and Parquet files must both say; content is compared with the build beside."""
    return [
        NoRows(
            table=f"{DUCKDB}.{name}",
            name="parquet_has_the_same_rows",
            description="the Parquet file has as many rows as the table",
            query=(
                f"select * from (select (select count(*) from {DUCKDB}.{name}) as in_duckdb, "
                f"(select count(*) from {PARQUET}.{name}) as in_parquet) as counted "
                "where in_duckdb <> in_parquet"
            ),
        )
        for name in (*_VALUES, "indicators", "areas", "area_relationships", "value_lineage")
    ]


def _england() -> Rule:
    return NoRows(
        table="main.indicators",
        name="every_indicator_has_england",
        description="every national indicator says something about England, if only why it cannot",
        query=(
            "select indicator_id from main.indicators where grains like '%england%' "
            "and indicator_id not in "
            "(select indicator_id from main.indicator_values where area_type = 'england')"
        ),
        severity="warning",
        identify_by=("indicator_id",),
    )


def outcome_of(rule: Rule, differences: Sequence[str]) -> Outcome:
    """Outcome of a rule whose finding is a list of differences; none means it passed."""
    observed = "as built" if not differences else f"{len(differences)} difference(s)"
    return Outcome(rule, not differences, observed, len(differences), "; ".join(differences[:10]))
