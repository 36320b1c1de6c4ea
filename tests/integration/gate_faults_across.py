"""Faults that only show when one publication is held against another, and in what was asked."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row, in_one_value

_COUNTS = "staging.stg_ncdes_counts"
_STAFF = "staging.stg_pcnwf_staff"
_SURVEY = "staging.stg_gpps_practice"
_AREAS = "select area_code from marts.areas where status = 'open' and area_type ="

FAULTS_ACROSS = (
    by_sql(
        "a month without a fifth of the practices",
        f"delete from {_COUNTS} where achievement_date = (select max(achievement_date) "
        f"from {_COUNTS}) and practice_code in ({_AREAS} 'practice' order by {{pick}} limit 12)",
        f"{_COUNTS}.open_practices_are_present",
    ),
    by_sql(
        "denominators of another register",
        f"update {_COUNTS} set value = value * 1.2 where measure = 'denominator' "
        "and measure_concept = 'sp_referred' and achievement_date = "
        f"(select max(achievement_date) from {_COUNTS})",
        f"{_COUNTS}.published_denominators_are_the_lists",
    ),
    by_sql(
        "a practice's ages from another list",
        "update staging.stg_reg_quinary_age set registered_patients = 1.3 * registered_patients "
        "where practice_code = (select practice_code from staging.stg_reg_quinary_age "
        "order by {pick} limit 1)",
        "staging.stg_reg_quinary_age.ages_are_the_list",
    ),
    by_sql(
        "women of a practice in no file of single ages",
        "delete from raw.reg_single_age where sex = 'FEMALE' and organisation_code = ("
        "select ages.organisation_code from raw.reg_single_age as ages "
        "join staging.stg_reg_list_sizes as lists "
        "on lists.practice_code = ages.organisation_code "
        "and lists.snapshot_date = ages.edition_period_start "
        "where ages.sex = 'FEMALE' and ages.age = '40' and ages.patients <> '0' "
        "order by hash(ages.organisation_code) limit 1)",
        "staging.stg_reg_list_sizes.single_ages_are_the_list",
        view="raw.reg_single_age",
    ),
    by_sql(
        "people by small area counted twice",
        "update staging.stg_reg_lsoa set registered_patients = 2 * registered_patients, "
        "snapshot_date = (select max(snapshot_date) from staging.stg_reg_list_sizes) "
        "where practice_code = (select practice_code from staging.stg_reg_list_sizes where "
        "snapshot_date = (select max(snapshot_date) from staging.stg_reg_list_sizes) "
        "and registered_patients > 1000 order by hash(practice_code) limit 1)",
        "staging.stg_reg_lsoa.small_areas_are_the_list",
        view="staging.stg_reg_lsoa",
    ),
    by_sql(
        "a census without half of the networks",
        f"delete from {_STAFF} where census_date = (select max(census_date) from {_STAFF}) "
        f"and pcn_code in ({_AREAS} 'pcn' order by {{pick}} limit 5)",
        f"{_STAFF}.networks_report",
    ),
    by_sql(
        "a question whose answers are hidden since this year",
        f"update {_SURVEY} set published_value = null, value_state = 'suppressed_source' "
        "where question = 'healthcareplan' and measure = 'pcteval' "
        f"and survey_year = (select max(survey_year) from {_SURVEY})",
        f"{_SURVEY}.plan_question_is_hidden_as_before",
        view=_SURVEY,
    ),
    in_one_row(
        "staging.stg_gpps_practice_2018_2023",
        "a survey code of the years before 2024 read as a value",
        "published_value = -97",
        "value_state = 'reported'",
        "codes_are_not_values",
        view=True,
    ),
    by_sql(
        "small areas of another census",
        "update intermediate.int_small_area_matches set is_match = false "
        "where subject = 'deprivation'",
        "intermediate.int_small_area_matches.newest_people_match_an_index",
    ),
    in_one_row(
        "intermediate.int_practice_deprivation",
        "deprivation of other people",
        "deprivation_score = deprivation_score + 10",
        "score_source <> 'fingertips' and published_score is not null",
        "own_scores_are_the_published",
    ),
    in_one_row(
        "intermediate.int_ncdes_flows",
        "a difference over a gap",
        "flow_span_months = 2",
        "flow is not null",
        "gap_makes_no_flow",
    ),
    in_one_row(
        "marts.areas",
        "a practice in the network U",
        "area_code = 'U'",
        "area_type = 'pcn'",
        "codes_have_their_form",
    ),
    in_one_row(
        "marts.spc_points",
        "a chart of counts since April",
        "series_id = replace(series_id, '_monthly_flow', '_ytd')",
        "series_id like '%_monthly_flow'",
        "only_months_are_charted",
    ),
    in_one_row(
        "marts.spc_points",
        "a chart of people who left",
        "numerator = -1e9",
        "series_id like '%_monthly_flow'",
        "falls_beyond_three_percent_are_no_months",
    ),
    in_one_row(
        "intermediate.int_engagement_classes",
        "with people, though nobody was told what came of it",
        "class = 'with', evidence_class = 'with'",
        "downgrade_reason is not null",
        "with_has_its_evidence",
    ),
    in_one_row(
        "intermediate.int_engagement_classes",
        "staff's word above that of people",
        "people_class = 'to'",
        "class in ('for', 'with')",
        "word_of_people_counts",
    ),
    in_one_row(
        "marts.indicator_trends",
        "a trend across two questionnaires",
        "first_period_end = date '2022-03-31'",
        "series_id = 'gpps_from_2024'",
        "trend_stays_in_its_series",
    ),
    in_one_row(
        "marts.inequalities",
        "similarity without what chance gives",
        "chance_index_mean = null",
        "similarity_index is not null",
        "similarity_stands_beside_chance",
    ),
    in_one_value(
        "a share of nine people",
        "unweighted_base = 9",
        "disclosure_class = 'survey' and value is not null and unweighted_base > 9",
        "survey_rests_on_ten_answers",
    ),
    in_one_value(
        "limits of a board worked out anew",
        "lower_95_recomputed = lower_95",
        "area_type = 'icb' and series_id = 'gpps_from_2024' and value is not null",
        "recomputed_limits_are_of_practices",
    ),
    in_one_value(
        "more said definitely than said so",
        "value = 1",
        "category_type = 'answer' and value between 0.05 and 0.9 and area_type <> 'practice'",
        "definitely_is_part_of_the_total",
    ),
    in_one_value(
        "the routed share as coverage",
        "value = 0.95, numerator = 0.95 * denominator",
        "indicator_id = 'PC-PCSP-03' and value is not null and area_type <> 'practice'",
        "plans_follow_conversations",
    ),
    in_one_value(
        "an interval around all there are",
        "lower_95 = value / 2, upper_95 = value * 2",
        "value is not null and indicator_id in "
        "(select indicator_id from marts.indicators where is_complete_enumeration)",
        "complete_counts_have_no_interval",
    ),
    in_one_value(
        "England beside those who chose to send records",
        "benchmark_value = 1",
        "indicator_id in (select indicator_id from marts.indicators where status = 'local')",
        "local_figures_are_not_compared",
    ),
)
