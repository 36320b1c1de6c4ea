"""Rules on the indicator models: one suite per indicator, made from what its YAML says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expectations.mart_rule import SHOW, VALUE_KEY
from expectations.marts import AREA_TYPES, VALUE_STATES
from expectations.rules import NoRows, NoRowsWhere, Rule, Unique

# One indicator per model.
_KEY = VALUE_KEY[1:]
# Whoever is in one of these states has no number at all. What cannot be calculated or lies under
# the least base may have been counted: disclosure control and roll-ups need that count.
_NOTHING_COUNTED = ("suppressed_source", "suppressed", "not_available", "late", "not_applicable")
# Changes and slopes go down as well as up.
_SIGNED_UNITS = ("score", "slope", "slope_pp")


@dataclass(frozen=True)
class IndicatorModel:
    """What the rules need to know of one indicator: names, and the meta data of its YAML file."""

    table: str
    indicator_id: str
    unit: str


def indicator_rules(models: Iterable[IndicatorModel]) -> list[Rule]:
    """Every rule on every indicator model."""
    return [rule for model in models for rule in _rules_of(model)]


def _rules_of(model: IndicatorModel) -> list[Rule]:
    rules: list[Rule] = [
        Unique(
            table=model.table,
            name="key_is_unique",
            description="one row per area, basis, period, series and category",
            owner="analytics",
            columns=_KEY,
            identify_by=("area_type", "area_code", "period_end", "series_id"),
        ),
        *(
            NoRowsWhere(
                table=model.table,
                name=name,
                description=description,
                owner="analytics",
                condition=condition,
                identify_by=SHOW,
            )
            for name, description, condition in _conditions(model)
        ),
        NoRows(
            table=model.table,
            name="one_period_length_in_a_series",
            description="periods of a series are of one length; running counts begin together",
            owner="analytics",
            reason="2026-11-26: a month beside a year in one series makes every trend wrong",
            query=(
                "select series_id, area_type from (select series_id, area_type, category_type, "
                "case when series_id like '%!_ytd' escape '!' then month(period_start) "
                f"else date_diff('month', period_start, period_end) end as length "
                f"from {model.table}) as lengths "
                "group by series_id, area_type, category_type having count(distinct length) > 1"
            ),
            identify_by=("series_id", "area_type"),
        ),
    ]
    return rules


def _conditions(model: IndicatorModel) -> list[tuple[str, str, str]]:
    conditions = [
        (
            "is_about_its_indicator",
            f"every row is of {model.indicator_id}",
            f"indicator_id is distinct from '{model.indicator_id}'",
        ),
        (
            "state_is_known",
            "every row has a state of the list",
            f"value_state is null or value_state not in ({_listed(VALUE_STATES)})",
        ),
        (
            "area_type_is_known",
            "every row has an area of a known type",
            f"area_code is null or area_type is null or area_type not in ({_listed(AREA_TYPES)})",
        ),
        (
            "period_is_in_order",
            "a period does not end before it begins",
            "period_start is null or period_end is null or period_end < period_start",
        ),
        (
            "nothing_beside_an_empty_state",
            "no number stands beside a state that says there is none",
            f"value_state in ({_listed(_NOTHING_COUNTED)}) and (numerator <> 0 "
            "or published_value is not null or value_sum is not null)",
        ),
        (
            "numbers_are_finite",
            "no infinity and no NaN",
            " or ".join(
                f"not isfinite({column})"
                for column in (
                    "effective_base",
                    "value_sum",
                    "value_sum_of_squares",
                    "published_value",
                    "published_lower_95",
                    "published_upper_95",
                )
            ),
        ),
        (
            "bases_are_not_negative",
            "no denominator and no base is below zero",
            "denominator < 0 or unweighted_base < 0 or effective_base < 0",
        ),
        (
            "published_limits_hold_the_value",
            "a printed value lies within its printed limits",
            "is_printed_plausible and (published_lower_95 > published_value + 1e-9 "
            "or published_upper_95 < published_value - 1e-9)",
        ),
        (
            "value_leads_to_its_editions",
            "every number names the editions that it was made of",
            "value_state in ('reported', 'zero') and (edition_ids is null or edition_ids = '')",
        ),
    ]
    if model.unit not in _SIGNED_UNITS:
        conditions.append(
            (
                "counts_are_not_negative",
                "no count is below zero, but for a difference of months or a booked correction",
                "numerator < 0 and coalesce(dq_flags, '') not like '%negative%'",
            )
        )
    if model.unit == "proportion":
        conditions.append(
            (
                "numerator_is_part_of_denominator",
                "those counted are among those they are counted out of",
                "numerator > denominator + 1e-9",
            )
        )
    return conditions


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
