"""Rules between the marts: what one table says must be what another says, and what both mean."""

from __future__ import annotations

from expectations.mart_rule import VALUE_KEY, VALUES, no_rows, no_rows_where
from expectations.rules import NoRowsWhere, Rule
from expectations.small_numbers import SmallNumbers

_NOTHING_COUNTED = (
    "'suppressed_source', 'suppressed', 'below_min_base', 'not_available', 'late', 'not_applicable'"
)
_NUMBERS = "value, lower_95, upper_95, lower_998, upper_998"
# A cell is called as the macro row_id has it. A month's flow is the difference of two such counts,
# and the denominator of a rate is a public list: they have no cell.
_CELL_OF_ROW = " || '|' || ".join(f"cast(area_values.{key} as varchar)" for key in VALUE_KEY)
_NOT_AS_DECIDED = (
    f"select area_values.* from {VALUES} as area_values "
    "left join disclosure.released_counts as numerators "
    f"on numerators.cell_id = {_CELL_OF_ROW} || '|numerator' "
    "left join disclosure.released_counts as denominators "
    f"on denominators.cell_id = {_CELL_OF_ROW} || '|denominator' "
    "where area_values.disclosure_class = 'std' and ("
    "(area_values.numerator is not null and area_values.series_id not like '%_monthly_flow' "
    "and area_values.numerator is distinct from numerators.released_count) "
    "or (area_values.denominator is not null and denominators.cell_id is not null "
    "and area_values.denominator is distinct from denominators.released_count) "
    "or (area_values.value is not null "
    "and (numerators.state = 'hidden' or denominators.state = 'hidden')))"
)


def rules_across_marts(small_numbers: SmallNumbers) -> list[Rule]:
    """Every rule that the single marts' rules do not have."""
    return [
        *_value_rules(small_numbers),
        *_comparison_rules(),
        *_level_rules(),
        *_series_rules(),
        *_survey_rules(),
    ]


def _value_rules(small_numbers: SmallNumbers) -> list[Rule]:
    return [
        no_rows_where(
            "period_is_whole_months",
            "a period begins with a month, ends with a month, and not before it begins",
            "period_end < period_start or date_trunc('month', period_start) <> period_start "
            "or last_day(period_end) <> period_end",
        ),
        no_rows_where(
            "nothing_beside_an_empty_state",
            "no number stands beside a state that says there is none to show",
            f"value_state in ({_NOTHING_COUNTED}) and (coalesce({_NUMBERS}) is not null "
            "or coalesce(numerator, denominator, unweighted_base) is not null) "
            # How much is covered says of how many practices a hidden figure is at least.
            "or value_state = 'suppressed' and coverage is not null",
        ),
        no_rows_where(
            "limits_only_beside_a_value",
            "where there is no value there are no limits, no comparison and no change",
            "value is null and (coalesce(lower_95, upper_95, lower_998, upper_998, "
            "change_since_previous) is not null "
            "or comparison_95 is not null or quantile is not null)",
        ),
        no_rows_where(
            "counts_are_not_negative",
            "no count is below zero, but for a difference of months or a booked correction",
            "denominator < 0 or unweighted_base < 0 or (numerator < 0 and unit <> 'score' "
            "and coalesce(dq_flags, '') not like '%negative%' "
            # of two rounded counts since April the later can be the smaller
            "and not (disclosure_class = 'std' and series_id like '%_monthly_flow'))",
        ),
        no_rows_where(
            "small_numbers_are_hidden",
            small_numbers.description,
            small_numbers.shown,
        ),
        no_rows(
            VALUES,
            "local_counts_are_shown_as_decided",
            "a local count of people is the number that disclosure control let be shown",
            _NOT_AS_DECIDED,
        ),
        no_rows_where(
            "numerator_is_part_of_denominator",
            "those counted are among those they are counted out of",
            "unit = 'proportion' and numerator > denominator + 1e-9",
        ),
        no_rows_where(
            "coverage_is_a_share",
            "coverage lies between 0 and 1",
            "coverage not between 0 and 1",
        ),
        no_rows_where(
            "wide_limits_hold_narrow_ones",
            "computed limits of 99.8 % lie outside those of 95 %",
            "ci_basis <> 'printed' and (lower_998 > lower_95 + 1e-9 "
            "or upper_998 < upper_95 - 1e-9)",
        ),
        no_rows_where(
            "change_lies_within_its_limits",
            "a change since the period before lies within its limits",
            "change_lower_95 > change_since_previous + 1e-9 "
            "or change_upper_95 < change_since_previous - 1e-9",
        ),
        no_rows(
            VALUES,
            "unit_is_that_of_the_catalogue",
            "unit, multiplier and disclosure class are those of the indicator",
            f"select area_values.* from {VALUES} as area_values join marts.indicators as known "
            "on area_values.indicator_id = known.indicator_id "
            "where (area_values.multiplier <> known.multiplier "
            "and area_values.category_type not in ('follow_up', 'share')) "
            "or area_values.disclosure_class <> known.disclosure_class "
            # beside a mean change stands the share of people who were asked again
            # or of an amount a part
            "or (area_values.unit <> known.unit "
            "and area_values.category_type not in ('follow_up', 'share'))",
        ),
    ]


def _comparison_rules() -> list[Rule]:
    recomputed = "coalesce(area_values.dq_flags, '') like '%comparison_on_recomputed_limits%'"
    lower = (
        f"case when {recomputed} then area_values.lower_95_recomputed else area_values.lower_95 end"
    )
    upper = (
        f"case when {recomputed} then area_values.upper_95_recomputed else area_values.upper_95 end"
    )
    return [
        no_rows(
            VALUES,
            "benchmark_is_england",
            "the benchmark is the value of England for the same indicator, period and series",
            f"select area_values.* from {VALUES} as area_values left join {VALUES} as england "
            "on england.area_type = 'england' "
            "and england.indicator_id = area_values.indicator_id "
            "and england.period_start = area_values.period_start "
            "and england.period_end = area_values.period_end "
            "and england.series_id = area_values.series_id "
            "and england.category_type = area_values.category_type "
            "and england.category = area_values.category "
            "where area_values.benchmark_value is not null and (england.value is null "
            "or abs(england.value - area_values.benchmark_value) "
            "> 1e-9 * greatest(1, abs(england.value)))",
        ),
        no_rows(
            VALUES,
            "comparison_follows_from_limits",
            "better or worse, higher or lower is said exactly where the limits and polarity say it",
            f"select compared.* from (select area_values.*, known.polarity, {lower} as lower_used, "
            f"{upper} as upper_used from {VALUES} as area_values "
            "join marts.indicators as known on area_values.indicator_id = known.indicator_id "
            "where area_values.comparison_95 is not null) as compared "
            "where comparison_95 <> case "
            "when lower_used > benchmark_value then "
            "case polarity when 'high' then 'better' when 'low' then 'worse' else 'higher' end "
            "when upper_used < benchmark_value then "
            "case polarity when 'high' then 'worse' when 'low' then 'better' else 'lower' end "
            "else 'similar' end",
            reason="DOMAIN 6.7: one interval against the benchmark",
        ),
    ]


def _level_rules() -> list[Rule]:
    return [
        no_rows(
            VALUES,
            "england_is_there",
            "whatever boards have and England should have, England has a row of",
            "select distinct boards.indicator_id, boards.series_id, boards.period_end "
            f"from {VALUES} as boards join marts.indicators as known "
            "on boards.indicator_id = known.indicator_id "
            "where boards.area_type = 'icb' and known.grains like '%england%' and not exists ("
            f"select 1 from {VALUES} as england where england.area_type = 'england' "
            "and england.indicator_id = boards.indicator_id "
            "and england.series_id = boards.series_id "
            "and england.period_end = boards.period_end)",
            "indicator_id",
            "series_id",
            "period_end",
        ),
        no_rows(
            VALUES,
            "levels_add_up_to_england",
            "boards and regions that all have a number add up to England, on either basis",
            "select levels.indicator_id, levels.area_type, levels.hierarchy_basis, "
            "levels.period_end from (select area_values.indicator_id, area_values.series_id, "
            "area_values.period_start, area_values.period_end, area_values.category_type, "
            "area_values.category, area_values.area_type, area_values.hierarchy_basis, "
            "sum(area_values.numerator) as numerators, sum(area_values.denominator) as "
            f"denominators from {VALUES} as area_values join marts.indicators as known "
            "on area_values.indicator_id = known.indicator_id "
            "where known.rolls_up_from in ('practice', 'icb') and known.disclosure_class <> 'std' "
            "and area_values.area_type in ('icb', 'region') group by all "
            "having count(*) = count(area_values.value)) as levels "
            f"join {VALUES} as england on england.area_type = 'england' "
            "and england.indicator_id = levels.indicator_id "
            "and england.series_id = levels.series_id "
            "and england.period_start = levels.period_start "
            "and england.period_end = levels.period_end "
            "and england.category_type = levels.category_type "
            "and england.category = levels.category "
            "where abs(england.numerator - levels.numerators) "
            "> 1e-6 * greatest(1, levels.numerators) "
            "or abs(england.denominator - levels.denominators) "
            "> 1e-6 * greatest(1, levels.denominators)",
            "indicator_id",
            "area_type",
            "hierarchy_basis",
            "period_end",
            reason="local counts of people are rounded, so only the others must add up",
        ),
    ]


def _series_rules() -> list[Rule]:
    return [
        no_rows(
            VALUES,
            "one_period_length_in_a_series",
            "the periods of a series are all of one length; running counts all begin in April",
            "select distinct indicator_id, series_id from (select indicator_id, series_id, "
            "category_type, count(distinct case when series_id like '%!_ytd' escape '!' then "
            "month(period_start) else date_diff('month', period_start, period_end) end) as lengths "
            f"from {VALUES} group by all) as series where lengths > 1",
            "indicator_id",
            "series_id",
        ),
        no_rows_where(
            "survey_series_do_not_mix",
            "years before 2024 and from 2024 on are two series of the survey",
            "(series_id = 'gpps_from_2024' and period_start < date '2024-01-01') "
            "or (series_id = 'gpps_2018_2023' and period_start >= date '2024-01-01')",
        ),
        no_rows(
            "marts.latest_values",
            "latest_is_latest",
            "no later whole period of the same series has a row, and no ended series is shown",
            "select latest.* from marts.latest_values as latest left join ("
            "select indicator_id, area_type, area_code, hierarchy_basis, series_id, category_type, "
            f"category, max(period_end) as newest_end from {VALUES} "
            "where coalesce(dq_flags, '') not like '%incomplete_period%' group by all) as newest "
            "on latest.indicator_id = newest.indicator_id "
            "and latest.area_type = newest.area_type and latest.area_code = newest.area_code "
            "and latest.hierarchy_basis = newest.hierarchy_basis "
            "and latest.series_id = newest.series_id "
            "and latest.category_type = newest.category_type and latest.category = newest.category "
            "left join intermediate.int_series_status as series "
            "on latest.indicator_id = series.indicator_id and latest.series_id = series.series_id "
            "where latest.period_end < newest.newest_end or coalesce(series.is_historic, false)",
        ),
        no_rows(
            "marts.latest_values",
            "latest_is_a_copy",
            "the latest value is the value of that period, not another",
            _differing("marts.latest_values", "category_type", "category"),
        ),
        no_rows(
            "marts.indicator_trends",
            "trend_is_of_its_value",
            "a trend stands beside the value of its period",
            _differing("marts.indicator_trends", "category_type", "category"),
        ),
        no_rows(
            "marts.spc_points",
            "points_are_values",
            "every point of a chart is the value of its month",
            _differing("marts.spc_points"),
        ),
        NoRowsWhere(
            table="marts.spc_points",
            name="limits_are_of_moving_ranges",
            description="control limits are the mean and 2.66 average moving ranges either side",
            owner="analytics",
            reason="DOMAIN 6.13: XmR chart",
            condition=(
                "abs(upper_limit - mean - 2.66 * average_moving_range) "
                "> 1e-6 * greatest(1, abs(mean)) or "
                "abs(mean - lower_limit - 2.66 * average_moving_range) "
                "> 1e-6 * greatest(1, abs(mean))"
            ),
            identify_by=("indicator_id", "area_type", "area_code", "period_start"),
        ),
        no_rows_where(
            "only_months_are_charted",
            "charts are of months: never of a survey, nor of counts that grow from April",
            "series_id like 'gpps%' or series_id like '%!_ytd' escape '!' "
            "or date_trunc('month', period_end) <> period_start",
            table="marts.spc_points",
            identify_by=("indicator_id", "area_type", "area_code", "period_start"),
        ),
        no_rows(
            "marts.spc_points",
            "falls_beyond_three_percent_are_no_months",
            "no month is charted in which the count since April fell by more than 3 %",
            f"select points.* from marts.spc_points as points join {VALUES} as counts "
            "on counts.indicator_id = points.indicator_id "
            "and counts.area_type = points.area_type and counts.area_code = points.area_code "
            "and counts.hierarchy_basis = points.hierarchy_basis "
            "and counts.period_end = points.period_end and counts.category = 'all' "
            "and replace(counts.series_id, '_ytd', '_monthly_flow') = points.series_id "
            "and counts.series_id <> points.series_id "
            "where points.numerator < 0 and -100 * points.numerator > 3 * counts.numerator",
            "indicator_id",
            "area_type",
            "area_code",
            "period_end",
            reason="DOMAIN 2.2.4: kept as a value, left out of charts",
        ),
        no_rows_where(
            "trend_stays_in_its_series",
            "no trend goes across the new questionnaire of 2024",
            "(series_id = 'gpps_from_2024' and first_period_end < date '2024-01-01') "
            "or (series_id = 'gpps_2018_2023' and period_end >= date '2024-01-01')",
            table="marts.indicator_trends",
        ),
        no_rows_where(
            "similarity_stands_beside_chance",
            "no similarity index without what chance alone would give",
            "similarity_index is not null and (chance_index_mean is null "
            "or chance_index_lower_95 is null or chance_index_upper_95 is null)",
            table="marts.inequalities",
        ),
        no_rows(
            "marts.inequalities",
            "groups_are_the_whole_population",
            "the shares of the groups of an area add up to one",
            "select indicator_id, area_type, area_code, period_end from marts.inequalities "
            "group by indicator_id, area_type, area_code, hierarchy_basis, period_end, series_id, "
            "category_type having abs(sum(population_share) - 1) > 1e-6",
        ),
        no_rows(
            "marts.engagement_typology",
            "shares_add_up",
            "the shares of to, for and with add up to one",
            "select area_type, area_code, period_end from marts.engagement_typology "
            "group by area_type, area_code, period_end having abs(sum(share) - 1) > 1e-9",
            "area_type",
            "area_code",
            "period_end",
        ),
        no_rows(
            "marts.what_changed",
            "sentence_was_cleared",
            "what is shown was sent in these words, read by somebody there and cleared",
            "select shown.* from marts.what_changed as shown where not exists ("
            "select 1 from raw.engagement_records as sent "
            "where upper(trim(sent.submitter_org_id)) = shown.submitter_org_id "
            "and trim(sent.engagement_id) = shown.engagement_id "
            "and trim(sent.what_changed) = shown.what_changed "
            "and lower(trim(sent.what_changed_cleared)) = 'true')",
            "submitter_org_id",
            "engagement_id",
        ),
    ]


def _survey_rules() -> list[Rule]:
    same = " and ".join(
        f"part.{key} = whole.{key}"
        for key in (
            "area_type",
            "area_code",
            "hierarchy_basis",
            "period_start",
            "period_end",
            "series_id",
        )
    )
    return [
        no_rows_where(
            "survey_rests_on_ten_answers",
            "no share is shown of fewer than ten people who answered",
            "disclosure_class = 'survey' and value is not null and unweighted_base < 10",
        ),
        no_rows_where(
            "recomputed_limits_are_of_practices",
            "limits are recomputed for practices only, whose printed ones are off",
            "area_type <> 'practice' and (lower_95_recomputed is not null "
            "or upper_95_recomputed is not null "
            "or coalesce(dq_flags, '') like '%comparison_on_recomputed_limits%')",
        ),
        no_rows(
            VALUES,
            "definitely_is_part_of_the_total",
            "those who said definitely are among those who said so at all",
            f"select part.* from {VALUES} as part join {VALUES} as whole "
            f"on part.indicator_id = whole.indicator_id and {same} "
            "where part.category_type = 'answer' and whole.category_type = 'all' "
            "and part.value > whole.value + 1e-9",
            reason="ruling 9: one answer over the same base",
        ),
        no_rows(
            VALUES,
            "plans_follow_conversations",
            "people with a plan are among those who had a conversation about what matters",
            f"select part.* from {VALUES} as part join {VALUES} as whole "
            f"on part.indicator_id = 'PC-PCSP-03' and whole.indicator_id = 'PC-PCSP-01' and {same} "
            "and part.category = whole.category where part.value > whole.value + 1e-9",
            reason="DOMAIN trap 6: the question on plans is put to those alone, so its own share, "
            "44.9 % of England in 2025, is no coverage",
        ),
    ]


def _differing(mart: str, *categories: str) -> str:
    """SQL of rows whose value is not that of the same key in the table of values."""
    keys = ("indicator_id", "area_type", "area_code", "hierarchy_basis", "series_id", "period_end")
    same = " and ".join(f"shown.{key} = area_values.{key}" for key in (*keys, *categories))
    of_all = "" if categories else " and area_values.category = 'all'"
    return (
        f"select shown.* from {mart} as shown left join {VALUES} as area_values "
        f"on {same}{of_all} where shown.value is distinct from area_values.value"
    )
