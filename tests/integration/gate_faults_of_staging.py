"""Faults in staging models of what is published for England."""

from __future__ import annotations

from gate_fault import in_one_row

FAULTS_OF_STAGING = (
    in_one_row(
        "staging.stg_gpps_practice",
        "a survey code read as a value",
        "published_value = -97",
        "value_state = 'reported'",
        "codes_are_not_values",
        view=True,
    ),
    in_one_row(
        "staging.stg_ncdes_counts",
        "a count in the middle of a month",
        "achievement_date = achievement_date - 10",
        "true",
        "month_has_ended",
    ),
    in_one_row(
        "staging.stg_pcnwf_staff",
        "hours read as full-time equivalents",
        "fte = 37.5",
        "true",
        "full_time_equivalent_is_plausible",
        view=True,
    ),
    in_one_row(
        "staging.stg_qof_achievement",
        "more people with a plan than people",
        "numerator = denominator + 1",
        "denominator is not null",
        "counts_are_counts",
        view=True,
    ),
)
