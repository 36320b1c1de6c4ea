"""Faults in intermediate models and in the models of indicators."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row

_NCDES = "indicators.pc_sp_01_referred_to_social_prescribing"
_FLOWS = "intermediate.int_ncdes_flows"
_QUESTIONS = "intermediate.int_survey_questions"
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
        _FLOWS,
        "a fall that nobody is told of",
        "flow = -5, dq_flags = null",
        "flow > 0",
        "fall_is_flagged",
    ),
    in_one_row(
        _QUESTIONS,
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
    in_one_row(
        _QUESTIONS,
        "more counted for the headline than answered",
        "headline_unweighted_base = full_unweighted_base + 1",
        "full_unweighted_base is not null",
        "bases_are_nested",
    ),
    in_one_row(
        _QUESTIONS,
        "a printed limit on the wrong side",
        "printed_lower_95 = headline_proportion + 0.01",
        "headline_proportion is not null",
        "printed_limits_are_ordered",
    ),
    in_one_row(
        _QUESTIONS,
        "a printed percentage read as a share",
        "option_1_proportion = 100 * option_1_proportion",
        "option_1_proportion > 0.1",
        "shares_are_proportions",
    ),
    by_sql(
        "bases recovered from limits of another kind",
        "update intermediate.int_survey_effective_bases set effective_base_ratio = 3 "
        "where area_type = 'practice'",
        "intermediate.int_survey_effective_bases.recovered_bases_are_credible",
    ),
    in_one_row(
        _FLOWS,
        "a difference lost that its state says is there",
        "flow = null",
        "value_state = 'reported'",
        "flow_has_a_state",
    ),
    in_one_row(
        _FLOWS,
        "a difference across April",
        "period_start = service_start - interval 1 month",
        "true",
        "flow_is_of_its_service",
    ),
    in_one_row(
        "intermediate.int_practice_list_sizes",
        "a list of fewer than no people",
        "registered_patients = -1",
        "true",
        "lists_are_not_negative",
    ),
    in_one_row(
        "intermediate.int_values",
        "a value lost after it was worked out",
        "value = null",
        "value_state = 'reported'",
        "value_has_a_state",
    ),
    in_one_row(
        "intermediate.int_values",
        "a value of an indicator that nobody described",
        "indicator_id = 'PC-XX-98'",
        "true",
        "every_indicator_is_known",
    ),
    in_one_row(
        "intermediate.int_practice_parents",
        "a practice that left a board before it joined it",
        "to_date = from_date - 1",
        "true",
        "dates_are_in_order",
    ),
    by_sql(
        "fifths of practices that are no fifths",
        "update intermediate.int_practice_deprivation set deprivation_quintile = 1 "
        "where deprivation_quintile = 2",
        "intermediate.int_practice_deprivation.fifths_are_fifths",
    ),
    in_one_row(
        "intermediate.int_engagement_classes",
        "called with people beyond the evidence",
        "class = 'with'",
        "evidence_class in ('to', 'for')",
        "class_is_no_higher_than_evidence",
    ),
    in_one_row(
        "intermediate.int_representation_indices",
        "a similarity of more than all",
        "similarity_index = 120",
        "true",
        "index_lies_between_0_and_100",
    ),
    in_one_row(
        "intermediate.int_lived_experience_seats",
        "more seats of a group than are filled",
        "seats_stated = seats_filled + 1",
        "true",
        "stated_seats_are_filled_seats",
    ),
    in_one_row(
        "intermediate.int_decision_groups",
        "more votes of people with lived experience than votes",
        "voting_lived_experience_seats = voting_seats + 1",
        "voting_seats is not null",
        "lived_experience_votes_are_votes",
    ),
    in_one_row(
        "intermediate.int_champion_practice_months",
        "a month of less than no hours",
        "champion_hours = -1",
        "true",
        "champions_do_not_gift_negative_hours",
    ),
    in_one_row(
        _NCDES,
        "an indicator's row in an unknown state",
        "value_state = 'ok'",
        "true",
        "state_is_known",
    ),
    in_one_row(
        _NCDES,
        "an indicator's row of an unknown level",
        "area_type = 'ward'",
        "true",
        "area_type_is_known",
    ),
    in_one_row(
        _NCDES,
        "an indicator's month that ends before it begins",
        "period_end = period_start - 1",
        "true",
        "period_is_in_order",
    ),
    in_one_row(
        _NCDES,
        "fewer than no people referred",
        "numerator = -1",
        "dq_flags is null",
        "counts_are_not_negative",
    ),
    in_one_row(
        _NCDES,
        "fewer than no people registered",
        "denominator = -1",
        "true",
        "bases_are_not_negative",
    ),
    in_one_row(
        _SHARED,
        "a printed value without end",
        "published_value = 'inf'::double",
        "value_state = 'reported'",
        "numbers_are_finite",
    ),
)
