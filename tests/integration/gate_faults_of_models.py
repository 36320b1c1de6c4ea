"""Faults in intermediate models and in the models of indicators."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row

_NCDES = "indicators.pc_sp_01_referred_to_social_prescribing"
_SHARED = "indicators.pc_sdm_01_involved_in_decisions"

FAULTS_OF_MODELS = (
    by_sql(
        "a practice in two boards",
        "insert into intermediate.int_practice_parents select hierarchy_basis, practice_code, "
        "parent_type, 'QZZ', from_date + 1, to_date, seen_from_date "
        "from intermediate.int_practice_parents where parent_type = 'icb' order by {pick} limit 1",
        "intermediate.int_practice_parents.one_parent_at_a_time",
    ),
    in_one_row(
        "intermediate.int_ncdes_flows",
        "a fall that nobody is told of",
        "flow = -5, dq_flags = null",
        "flow > 0",
        "fall_is_flagged",
    ),
    in_one_row(
        "intermediate.int_survey_questions",
        "a share that is not its quotient",
        "headline_proportion = headline_proportion * 0.9",
        "headline_proportion > 0.1 and headline_weighted_base > 0 "
        "and headline_weighted_count is not null",
        "headline_is_its_quotient",
    ),
    by_sql(
        "an indicator's row twice",
        f"insert into {_NCDES} select * from {_NCDES} order by {{pick}} limit 1",
        f"{_NCDES}.key_is_unique",
    ),
    in_one_row(
        _NCDES,
        "a row of another indicator",
        "indicator_id = 'PC-SP-02'",
        "true",
        "is_about_its_indicator",
    ),
    in_one_row(
        _SHARED,
        "more said so than answered",
        "numerator = denominator + 1",
        "value_state = 'reported'",
        "numerator_is_part_of_denominator",
    ),
    in_one_row(
        _SHARED,
        "a year that is a month",
        "period_end = last_day(period_start)",
        "true",
        "one_period_length_in_a_series",
    ),
    in_one_row(
        _SHARED,
        "a printed limit above the value",
        "published_lower_95 = published_value + 0.1",
        "is_printed_plausible and published_value is not null",
        "published_limits_hold_the_value",
    ),
    in_one_row(
        "indicators.pc_cho_01_choice_of_time_or_day",
        "a count beside a suppressed input",
        "numerator = 4",
        "value_state = 'suppressed_source'",
        "nothing_beside_an_empty_state",
    ),
    in_one_row(
        _SHARED,
        "a number from no edition",
        "edition_ids = null",
        "value_state = 'reported'",
        "value_leads_to_its_editions",
    ),
)
