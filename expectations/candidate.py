"""Rules on the candidate as written: the files that an analyst will open, not the build."""

from __future__ import annotations

from collections.abc import Sequence

from expectations.rules import NoRows, Outcome, RowCount, Rule

_SHOW = ("indicator_id", "area_type", "area_code", "period_end")

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
    name="page_is_as_built",
    description="the report is there, shows every indicator, and fetches nothing from outside",
)


def candidate_rules() -> list[Rule]:
    """Rules that run inside the candidate's own DuckDB file, opened read-only."""
    return [
        RowCount(
            table="main.indicator_values",
            name="has_rows",
            description="the published table has values",
            at_least=1,
        ),
        NoRows(
            table="main.indicator_values",
            name="no_value_beside_suppression",
            description="nothing stands beside a suppressed state",
            query=(
                "select * from main.indicator_values "
                "where (value_state like 'suppressed%' or value_state = 'below_min_base') and "
                "(value is not null or lower_95 is not null or upper_95 is not null "
                "or lower_998 is not null or upper_998 is not null "
                "or numerator is not null or denominator is not null)"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table="main.indicator_values",
            name="value_only_when_reported",
            description="a value stands exactly where the state is reported or zero",
            query=(
                "select * from main.indicator_values "
                "where (value is not null) <> (value_state in ('reported', 'zero'))"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table="main.indicators",
            name="every_indicator_has_england",
            description="every indicator says something about England, if only why it cannot",
            query=(
                "select indicator_id from main.indicators where indicator_id not in "
                "(select indicator_id from main.indicator_values where area_type = 'england')"
            ),
            severity="warning",
            identify_by=("indicator_id",),
        ),
    ]


def outcome_of(rule: Rule, differences: Sequence[str]) -> Outcome:
    """Outcome of a rule whose finding is a list of differences; none means it passed."""
    observed = "as built" if not differences else f"{len(differences)} difference(s)"
    return Outcome(rule, not differences, observed, len(differences), "; ".join(differences[:10]))
