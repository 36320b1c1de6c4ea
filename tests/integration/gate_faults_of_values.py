"""Faults in the table of values, which the gate must catch."""

from __future__ import annotations

from gate_fault import VALUES, by_sql, in_one_value

from expectations.mart_rule import VALUE_KEY

_PROPORTION = "unit = 'proportion' and value between 0.05 and 0.9 and numerator < denominator"
_SURVEY = "method = 'survey_wilson' and ci_basis = 'printed' and value between 0.05 and 0.9"
_SUPPRESSED = "value_state = 'suppressed_source'"
_RATE = "method = 'rate_byar' and value > 1"
_COMPARED = "comparison_95 in ('better', 'worse')"
_CELL = (
    "indicator_id || '|' || area_type || '|' || area_code || '|' || hierarchy_basis || '|' || "
    "period_start || '|' || period_end || '|' || series_id || '|' || category_type || '|' || "
    "category || '|numerator'"
)

FAULTS_OF_VALUES = (
    by_sql(
        "a row stands twice",
        f"insert into {VALUES} select * from {VALUES} order by {{pick}} limit 1",
        f"{VALUES}.key_is_unique",
    ),
    in_one_value("a state is missing", "value_state = null", "true", "value_state_is_there"),
    in_one_value("an unknown state", "value_state = 'ok'", "true", "value_state_is_known"),
    in_one_value(
        "a gap where there is a state", "value = null", _SURVEY, "value_only_when_reported"
    ),
    in_one_value(
        "a value beside a suppressed state",
        "value = 0.5",
        _SUPPRESSED,
        "value_only_when_reported",
        "nothing_beside_an_empty_state",
    ),
    in_one_value(
        "a numerator beside a suppressed state",
        "numerator = 3",
        _SUPPRESSED,
        "nothing_beside_an_empty_state",
    ),
    in_one_value(
        "a share that is covered beside a withheld figure",
        "coverage = 0.5",
        "value_state = 'suppressed'",
        "nothing_beside_an_empty_state",
    ),
    in_one_value(
        "a leaked small number",
        "numerator = 3",
        "disclosure_class = 'std' and area_type = 'practice' and numerator > 0",
        "small_numbers_are_hidden",
    ),
    in_one_value(
        "a count hidden for another's sake, which can be subtracted",
        # Everything in the row is as it should be: only what was decided tells.
        "value_state = 'reported', numerator = 10, denominator = 5000, value = multiplier / 500",
        "method = 'rate_byar' and exists (select 1 from disclosure.released_counts as decided "
        f"where decided.rule = 'secondary' and decided.cell_id = {_CELL})",
        "local_counts_are_shown_as_decided",
    ),
    in_one_value(
        "a count of people that was not rounded",
        "numerator = numerator + 1",
        "disclosure_class = 'std' and area_type = 'pcn' and numerator > 10",
        "small_numbers_are_hidden",
    ),
    in_one_value(
        "numerator and denominator swapped",
        "numerator = denominator, denominator = numerator",
        _PROPORTION,
        "value_is_the_ratio",
        "numerator_is_part_of_denominator",
    ),
    in_one_value(
        "more counted than there are",
        "numerator = denominator * 2",
        _PROPORTION,
        "numerator_is_part_of_denominator",
    ),
    in_one_value(
        "a percentage where a share belongs",
        "value = value * 100",
        _PROPORTION,
        "proportions_are_proportions",
        "value_is_the_ratio",
    ),
    in_one_value(
        "a rate a hundred times too high", "value = value * 100", _RATE, "value_is_the_ratio"
    ),
    in_one_value("not a number", "value = 'nan'::double", _PROPORTION, "numbers_are_finite"),
    in_one_value("infinity", "value = 'inf'::double", _RATE, "numbers_are_finite"),
    in_one_value(
        "a negative count",
        "numerator = -5",
        # A difference of two rounded counts may be -5.
        f"{_RATE} and dq_flags is null and series_id not like '%!_monthly_flow' escape '!'",
        "counts_are_not_negative",
    ),
    in_one_value(
        "limits swapped",
        "lower_95 = upper_95, upper_95 = lower_95",
        f"{_PROPORTION} and lower_95 < upper_95",
        "limits_are_ordered",
    ),
    in_one_value(
        "limits beside the value",
        "lower_95 = value + 0.01, upper_95 = value + 0.02",
        f"{_PROPORTION} and lower_95 is not null",
        "limits_are_ordered",
    ),
    in_one_value(
        "wide limits inside narrow ones",
        "lower_998 = value, upper_998 = value",
        "ci_basis = 'computed' and lower_95 < value",
        "wide_limits_hold_narrow_ones",
    ),
    in_one_value("limits lost", "lower_998 = null, upper_998 = null", _SURVEY, "survey_has_limits"),
    in_one_value(
        "another benchmark",
        "benchmark_value = benchmark_value + 0.01",
        "benchmark_value is not null",
        "benchmark_is_england",
    ),
    in_one_value(
        "a comparison the wrong way round",
        "comparison_95 = case comparison_95 when 'better' then 'worse' else 'better' end",
        _COMPARED,
        "comparison_follows_from_limits",
    ),
    by_sql(
        "polarity flipped",
        "update marts.indicators set polarity = "
        "case polarity when 'high' then 'low' else 'high' end "
        f"where indicator_id = (select indicator_id from {VALUES} where {_COMPARED} "
        "order by {pick} limit 1)",
        f"{VALUES}.comparison_follows_from_limits",
    ),
    in_one_value(
        "a league of the willing",
        "comparison_95 = 'better'",
        "indicator_id in (select indicator_id from marts.indicators where status = 'local') "
        "and value is not null",
        "local_figures_are_not_compared",
    ),
    in_one_value(
        "England compared with itself",
        "comparison_95 = 'similar'",
        "area_type = 'england' and value is not null",
        "england_is_not_compared",
    ),
    in_one_value("a seventh fifth", "quantile = 7", "quantile is not null", "quantile_is_a_fifth"),
    in_one_value(
        "more than all covered", "coverage = 1.2", "value is not null", "coverage_is_a_share"
    ),
    in_one_value(
        "a period that ends before it begins",
        "period_end = period_start - 1",
        "true",
        "period_is_whole_months",
    ),
    in_one_value(
        "a month that ends too soon",
        "period_end = period_end - 3",
        "true",
        "period_is_whole_months",
    ),
    by_sql(
        "a shifted month",
        f"update {VALUES} set period_start = period_start + interval 1 month, "
        "period_end = last_day(period_end + interval 1 month) where series_id = 'pcnwf_fte' "
        "and value is not null",
        f"{VALUES}.period_is_that_of_its_editions",
    ),
    in_one_value(
        "a survey of the future",
        "period_start = period_start + interval 10 year, "
        "period_end = last_day(period_end + interval 10 year)",
        _SURVEY,
        "period_has_begun",
        "period_is_that_of_its_editions",
    ),
    in_one_value("an orphan lineage", "lineage_id = 'nothing'", _SURVEY, "value_has_its_source"),
    in_one_value("no lineage", "lineage_id = null", _SURVEY, "value_has_its_source"),
    in_one_value("an unknown area", "area_code = 'X00000'", "true", "area_is_known"),
    in_one_value("an unknown indicator", "indicator_id = 'PC-XX-99'", "true", "indicator_is_known"),
    in_one_value("an unknown level", "area_type = 'ward'", "true", "area_type_is_known"),
    in_one_value("another unit", "unit = 'percent'", _RATE, "unit_is_that_of_the_catalogue"),
    in_one_value(
        "another multiplier", "multiplier = 100000", _RATE, "unit_is_that_of_the_catalogue"
    ),
    by_sql(
        "England missing",
        f"delete from {VALUES} where area_type = 'england' and indicator_id = 'PC-SDM-01' "
        "and series_id = 'gpps_from_2024'",
        f"{VALUES}.england_is_there",
        f"{VALUES}.benchmark_is_england",
    ),
    by_sql(
        "boards that do not add up to England",
        f"update {VALUES} set numerator = numerator + 10, "
        "value = (numerator + 10) / denominator * multiplier "
        "where area_type = 'england' and indicator_id = 'PC-PCSP-07'",
        f"{VALUES}.levels_add_up_to_england",
    ),
    by_sql(
        "running and monthly counts in one series",
        f"update {VALUES} set series_id = 'ncdes_monthly_flow' where series_id = 'ncdes_ytd' "
        "and month(period_end) <> 4",
        f"{VALUES}.one_period_length_in_a_series",
    ),
    by_sql(
        "a line across the break of 2024",
        f"update {VALUES} set series_id = 'gpps_from_2024' where series_id = 'gpps_2018_2023'",
        f"{VALUES}.survey_series_do_not_mix",
    ),
    in_one_value(
        "a change outside its limits",
        "change_since_previous = change_upper_95 + 1",
        "change_upper_95 is not null",
        "change_lies_within_its_limits",
    ),
    by_sql("no values at all", f"delete from {VALUES}", f"{VALUES}.has_rows"),
    *(
        in_one_value(
            f"a value without its {column}", f"{column} = null", "true", f"{column}_is_there"
        )
        for column in VALUE_KEY
    ),
    in_one_value(
        "a gap without a reason",
        "value_reason = null",
        "value_state = 'not_available'",
        "absence_is_explained",
    ),
    in_one_value("a nought that is none", "value = 0.1", "value_state = 'zero'", "zero_is_zero"),
    in_one_value(
        "a value without its denominator", "denominator = null", _PROPORTION, "ratio_has_its_parts"
    ),
    in_one_value(
        "a rate without its wide limits",
        "lower_998 = null, upper_998 = null",
        _RATE,
        "rates_of_counts_have_limits",
    ),
    in_one_value(
        "an interval around full-time equivalents",
        "lower_95 = value / 2, upper_95 = value * 2",
        "method = 'rate_noci' and value is not null",
        "what_is_no_count_has_no_limits",
    ),
    in_one_value(
        "a comparison of nothing",
        "comparison_95 = 'similar'",
        "value_state = 'cannot_calculate'",
        "limits_only_beside_a_value",
    ),
    in_one_value(
        "an unknown comparison", "comparison_95 = 'best'", _COMPARED, "comparison_is_known"
    ),
)
