"""Named faults that the gate must catch, planted one at a time in a copy of a finished build.

Each says which rules must catch it. A fault is SQL, so that it strikes the numbers themselves and
not the code that makes them; ``{pick}`` chooses another row for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass

VALUES = "marts.indicator_values"


@dataclass(frozen=True)
class Fault:
    """One fault: SQL that plants it, views that become tables first, rules that must catch it."""

    name: str
    sql: tuple[str, ...]
    caught_by: tuple[str, ...]
    views: tuple[str, ...] = ()


def _of_values(name: str, change: str, where: str, *rules: str) -> Fault:
    """A fault in one row of the table of values."""
    chosen = f"select rowid from {VALUES} where {where} order by {{pick}} limit 1"
    return Fault(
        name,
        (f"update {VALUES} set {change} where rowid in ({chosen})",),
        tuple(f"{VALUES}.{rule}" for rule in rules),
    )


def _one(table: str, name: str, change: str, where: str, *rules: str, view: bool = False) -> Fault:
    """A fault in one row of another table, or of a view."""
    chosen = f"select rowid from {table} where {where} order by {{pick}} limit 1"
    return Fault(
        name,
        (f"update {table} set {change} where rowid in ({chosen})",),
        tuple(rule if "." in rule else f"{table}.{rule}" for rule in rules),
        (table,) if view else (),
    )


def _sql(name: str, sql: str, *rules: str, view: str = "") -> Fault:
    return Fault(name, (sql,), rules, (view,) if view else ())


_PROPORTION = "unit = 'proportion' and value between 0.05 and 0.9 and numerator < denominator"
_SURVEY = "method = 'survey_wilson' and ci_basis = 'printed' and value between 0.05 and 0.9"
_SUPPRESSED = "value_state = 'suppressed_source'"
_RATE = "method = 'rate_byar' and value > 1"
_COMPARED = "comparison_95 in ('better', 'worse')"

FAULTS_OF_VALUES = (
    _sql(
        "a row stands twice",
        f"insert into {VALUES} select * from {VALUES} order by {{pick}} limit 1",
        f"{VALUES}.key_is_unique",
    ),
    _of_values("a state is missing", "value_state = null", "true", "value_state_is_there"),
    _of_values("an unknown state", "value_state = 'ok'", "true", "value_state_is_known"),
    _of_values("a gap where there is a state", "value = null", _SURVEY, "value_only_when_reported"),
    _of_values(
        "a value beside a suppressed state",
        "value = 0.5",
        _SUPPRESSED,
        "value_only_when_reported",
        "nothing_beside_an_empty_state",
    ),
    _of_values(
        "a numerator beside a suppressed state",
        "numerator = 3",
        _SUPPRESSED,
        "nothing_beside_an_empty_state",
    ),
    _of_values(
        "numerator and denominator swapped",
        "numerator = denominator, denominator = numerator",
        _PROPORTION,
        "value_is_the_ratio",
        "numerator_is_part_of_denominator",
    ),
    _of_values(
        "more counted than there are",
        "numerator = denominator * 2",
        _PROPORTION,
        "numerator_is_part_of_denominator",
    ),
    _of_values(
        "a percentage where a share belongs",
        "value = value * 100",
        _PROPORTION,
        "proportions_are_proportions",
        "value_is_the_ratio",
    ),
    _of_values(
        "a rate a hundred times too high", "value = value * 100", _RATE, "value_is_the_ratio"
    ),
    _of_values("not a number", "value = 'nan'::double", _PROPORTION, "numbers_are_finite"),
    _of_values("infinity", "value = 'inf'::double", _RATE, "numbers_are_finite"),
    _of_values(
        "a negative count",
        "numerator = -5",
        f"{_RATE} and dq_flags is null",
        "counts_are_not_negative",
    ),
    _of_values(
        "limits swapped",
        "lower_95 = upper_95, upper_95 = lower_95",
        f"{_PROPORTION} and lower_95 < upper_95",
        "limits_are_ordered",
    ),
    _of_values(
        "limits beside the value",
        "lower_95 = value + 0.01, upper_95 = value + 0.02",
        f"{_PROPORTION} and lower_95 is not null",
        "limits_are_ordered",
    ),
    _of_values(
        "wide limits inside narrow ones",
        "lower_998 = value, upper_998 = value",
        "ci_basis = 'computed' and lower_95 < value",
        "wide_limits_hold_narrow_ones",
    ),
    _of_values("limits lost", "lower_998 = null, upper_998 = null", _SURVEY, "survey_has_limits"),
    _of_values(
        "another benchmark",
        "benchmark_value = benchmark_value + 0.01",
        "benchmark_value is not null",
        "benchmark_is_england",
    ),
    _of_values(
        "a comparison the wrong way round",
        "comparison_95 = case comparison_95 when 'better' then 'worse' else 'better' end",
        _COMPARED,
        "comparison_follows_from_limits",
    ),
    _sql(
        "polarity flipped",
        "update marts.indicators set polarity = "
        "case polarity when 'high' then 'low' else 'high' end "
        f"where indicator_id = (select indicator_id from {VALUES} where {_COMPARED} "
        "order by {pick} limit 1)",
        f"{VALUES}.comparison_follows_from_limits",
    ),
    _of_values(
        "a league of the willing",
        "comparison_95 = 'better'",
        "indicator_id in (select indicator_id from marts.indicators where status = 'local') "
        "and value is not null",
        "local_figures_are_not_compared",
    ),
    _of_values(
        "England compared with itself",
        "comparison_95 = 'similar'",
        "area_type = 'england' and value is not null",
        "england_is_not_compared",
    ),
    _of_values("a seventh fifth", "quantile = 7", "quantile is not null", "quantile_is_a_fifth"),
    _of_values(
        "more than all covered", "coverage = 1.2", "value is not null", "coverage_is_a_share"
    ),
    _of_values(
        "a period that ends before it begins",
        "period_end = period_start - 1",
        "true",
        "period_is_whole_months",
    ),
    _of_values(
        "a month that ends too soon",
        "period_end = period_end - 3",
        "true",
        "period_is_whole_months",
    ),
    _sql(
        "a shifted month",
        f"update {VALUES} set period_start = period_start + interval 1 month, "
        "period_end = last_day(period_end + interval 1 month) where series_id = 'pcnwf_fte' "
        "and value is not null",
        f"{VALUES}.period_is_that_of_its_editions",
    ),
    _of_values(
        "a survey of the future",
        "period_start = period_start + interval 10 year, "
        "period_end = last_day(period_end + interval 10 year)",
        _SURVEY,
        "period_has_begun",
        "period_is_that_of_its_editions",
    ),
    _of_values("an orphan lineage", "lineage_id = 'nothing'", _SURVEY, "value_has_its_source"),
    _of_values("no lineage", "lineage_id = null", _SURVEY, "value_has_its_source"),
    _of_values("an unknown area", "area_code = 'X00000'", "true", "area_is_known"),
    _of_values("an unknown indicator", "indicator_id = 'PC-XX-99'", "true", "indicator_is_known"),
    _of_values("an unknown level", "area_type = 'ward'", "true", "area_type_is_known"),
    _of_values("another unit", "unit = 'percent'", _RATE, "unit_is_that_of_the_catalogue"),
    _of_values("another multiplier", "multiplier = 100000", _RATE, "unit_is_that_of_the_catalogue"),
    _sql(
        "England missing",
        f"delete from {VALUES} where area_type = 'england' and indicator_id = 'PC-SDM-01' "
        "and series_id = 'gpps_from_2024'",
        f"{VALUES}.england_is_there",
        f"{VALUES}.benchmark_is_england",
    ),
    _sql(
        "boards that do not add up to England",
        f"update {VALUES} set numerator = numerator + 10, "
        "value = (numerator + 10) / denominator * multiplier "
        "where area_type = 'england' and indicator_id = 'PC-PCSP-07'",
        f"{VALUES}.levels_add_up_to_england",
    ),
    _sql(
        "running and monthly counts in one series",
        f"update {VALUES} set series_id = 'ncdes_monthly_flow' where series_id = 'ncdes_ytd' "
        "and month(period_end) <> 4",
        f"{VALUES}.one_period_length_in_a_series",
    ),
    _sql(
        "a line across the break of 2024",
        f"update {VALUES} set series_id = 'gpps_from_2024' where series_id = 'gpps_2018_2023'",
        f"{VALUES}.survey_series_do_not_mix",
    ),
    _of_values(
        "a change outside its limits",
        "change_since_previous = change_upper_95 + 1",
        "change_upper_95 is not null",
        "change_lies_within_its_limits",
    ),
)

FAULTS_OF_MARTS = (
    _sql(
        "an indicator twice",
        "insert into marts.indicators select * from marts.indicators order by {pick} limit 1",
        "marts.indicators.key_is_unique",
    ),
    _sql(
        "an area twice",
        "insert into marts.areas select * from marts.areas order by {pick} limit 1",
        "marts.areas.key_is_unique",
    ),
    _sql(
        "an open practice in no board",
        "delete from marts.area_relationships where parent_type = 'icb' and child_code = "
        "(select area_code from marts.areas where area_type = 'practice' and status = 'open' "
        "order by {pick} limit 1)",
        "marts.areas.open_practice_has_parents",
    ),
    _sql(
        "two networks at once",
        "insert into marts.area_relationships "
        "select child_code, child_type, 'U00000', parent_type, from_date + 1, to_date, "
        "source_extract, is_current from marts.area_relationships "
        "where child_type = 'practice' and parent_type = 'pcn' and is_current "
        "order by {pick} limit 1",
        "marts.area_relationships.one_parent_at_a_time",
        "marts.area_relationships.both_ends_are_known",
    ),
    _one(
        "marts.area_relationships",
        "a practice under another region",
        "parent_code = 'Y00'",
        "child_type = 'practice' and parent_type = 'region' and is_current",
        "hierarchy_is_one",
    ),
    _one(
        "marts.area_relationships",
        "left before it joined",
        "to_date = from_date - 1",
        "true",
        "dates_are_in_order",
    ),
    _sql(
        "a level without areas",
        "update marts.areas set status = 'closed' where area_type = 'sub_icb'",
        "marts.areas.no_level_is_empty",
    ),
    _one(
        "marts.indicator_trends",
        "a trend of two points",
        "trend = 'increasing and getting better'",
        "points < 5",
        "trend_has_its_test",
    ),
    _one(
        "marts.spc_points",
        "a control limit of three deviations",
        "upper_limit = mean + 3.14 * average_moving_range",
        "average_moving_range > 0",
        "limits_are_of_moving_ranges",
    ),
    _one(
        "marts.spc_points",
        "a control limit on the wrong side",
        "upper_limit = mean - 1",
        "upper_limit is not null",
        "limits_hold_their_mean",
    ),
    _one(
        "marts.spc_points",
        "a point of another month",
        "value = value + 1",
        "value is not null",
        "points_are_values",
    ),
    _sql(
        "an ended series shown as latest",
        f"insert into marts.latest_values select * from {VALUES} where series_id in "
        "(select series_id from intermediate.int_series_status where is_historic) "
        "order by {pick} limit 1",
        "marts.latest_values.latest_is_latest",
    ),
    _one(
        "marts.latest_values",
        "an old value shown as latest",
        "value = value * 0.9",
        "value > 0",
        "latest_is_a_copy",
    ),
    _one(
        "marts.england_values",
        "a board among England",
        "area_type = 'icb'",
        "true",
        "only_england",
    ),
    _sql(
        "a fifth of people lost",
        "delete from marts.inequalities where rowid in (select rowid from marts.inequalities "
        "where population_share between 0.1 and 0.9 order by {pick} limit 1)",
        "marts.inequalities.groups_are_the_whole_population",
    ),
    _one(
        "marts.engagement_typology",
        "shares beyond the whole",
        "share = share + 0.2",
        "share < 0.8",
        "shares_add_up",
    ),
    _sql(
        "a comparison without its warning",
        "update marts.champion_programmes set warning = ''",
        "marts.champion_programmes.no_causal_comparison",
    ),
    _one(
        "marts.value_lineage",
        "lineage of an edition that is not in use",
        "edition_id = 'gone:2020:00000000'",
        "true",
        "editions_are_in_use",
    ),
    _sql(
        "an old file under a new name",
        "update marts.extract_editions set sha256 = (select min(sha256) from "
        "marts.extract_editions where extract = 'ncdes_counts' and is_in_use) "
        "where extract = 'ncdes_counts' and is_in_use",
        "marts.extract_editions.one_file_is_one_period",
    ),
    _one(
        "marts.extract_editions",
        "rows lost on the way",
        "rows_loaded = rows_loaded - 1",
        "verdict = 'accepted' and rows_loaded > 1",
        "rows_are_accounted_for",
    ),
    _one(
        "marts.extract_editions",
        "made-up data beside real",
        "is_synthetic = not is_synthetic",
        "is_in_use",
        "synthetic_and_real_do_not_meet",
    ),
    _one(
        "marts.extracts",
        "a required extract without editions",
        "latest_period = null",
        "is_required",
        "required_extracts_are_held",
    ),
    _one("marts.extracts", "a late edition", "is_late = true", "true", "nothing_is_late"),
)

_NCDES = "indicators.pc_sp_01_referred_to_social_prescribing"
_SHARED = "indicators.pc_sdm_01_involved_in_decisions"
_RAW = "raw.ncdes_counts"

FAULTS_BELOW = (
    _sql(
        "every row of a file twice",
        f"insert into {_RAW} select * from {_RAW} where edition_id = (select edition_id "
        f"from {_RAW} order by {{pick}} limit 1)",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    _sql(
        "rows of a file lost",
        f"delete from {_RAW} where rowid in (select rowid from {_RAW} order by {{pick}} limit 3)",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    _one(
        _RAW, "a row from nowhere", "source_sha256 = null", "true", "lineage_is_filled", view=True
    ),
    _sql(
        "two editions of one month",
        f"update {_RAW} set edition_id = edition_id || 'b' where source_row_number % 2 = 0",
        f"{_RAW}.one_edition_of_a_period",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    _one(
        _RAW,
        "an edition of the next decade",
        "edition_period_start = date '2035-01-01', edition_period_end = date '2035-01-31'",
        "true",
        "period_has_begun",
        view=True,
    ),
    _one(
        "staging.stg_gpps_practice",
        "a survey code read as a value",
        "published_value = -97",
        "value_state = 'reported'",
        "codes_are_not_values",
        view=True,
    ),
    _one(
        "staging.stg_ncdes_counts",
        "a count in the middle of a month",
        "achievement_date = achievement_date - 10",
        "true",
        "month_has_ended",
    ),
    _one(
        "staging.stg_pcnwf_staff",
        "hours read as full-time equivalents",
        "fte = 37.5",
        "true",
        "full_time_equivalent_is_plausible",
        view=True,
    ),
    _one(
        "staging.stg_qof_achievement",
        "more people with a plan than people",
        "numerator = denominator + 1",
        "denominator is not null",
        "counts_are_counts",
        view=True,
    ),
    _sql(
        "a practice in two boards",
        "insert into intermediate.int_practice_parents select hierarchy_basis, practice_code, "
        "parent_type, 'QZZ', from_date + 1, to_date, seen_from_date "
        "from intermediate.int_practice_parents where parent_type = 'icb' order by {pick} limit 1",
        "intermediate.int_practice_parents.one_parent_at_a_time",
    ),
    _one(
        "intermediate.int_ncdes_flows",
        "a fall that nobody is told of",
        "flow = -5, dq_flags = null",
        "flow > 0",
        "fall_is_flagged",
    ),
    _one(
        "intermediate.int_survey_questions",
        "a share that is not its quotient",
        "headline_proportion = headline_proportion * 0.9",
        "headline_proportion > 0.1 and headline_weighted_base > 0 "
        "and headline_weighted_count is not null",
        "headline_is_its_quotient",
    ),
    _sql(
        "an indicator's row twice",
        f"insert into {_NCDES} select * from {_NCDES} order by {{pick}} limit 1",
        f"{_NCDES}.key_is_unique",
    ),
    _one(
        _NCDES,
        "a row of another indicator",
        "indicator_id = 'PC-SP-02'",
        "true",
        "is_about_its_indicator",
    ),
    _one(
        _SHARED,
        "more said so than answered",
        "numerator = denominator + 1",
        "value_state = 'reported'",
        "numerator_is_part_of_denominator",
    ),
    _one(
        _SHARED,
        "a year that is a month",
        "period_end = last_day(period_start)",
        "true",
        "one_period_length_in_a_series",
    ),
    _one(
        _SHARED,
        "a printed limit above the value",
        "published_lower_95 = published_value + 0.1",
        "is_printed_plausible and published_value is not null",
        "published_limits_hold_the_value",
    ),
    _one(
        "indicators.pc_cho_01_choice_of_time_or_day",
        "a count beside a suppressed input",
        "numerator = 4",
        "value_state = 'suppressed_source'",
        "nothing_beside_an_empty_state",
    ),
    _one(
        _SHARED,
        "a number from no edition",
        "edition_ids = null",
        "value_state = 'reported'",
        "value_leads_to_its_editions",
    ),
)

FAULTS_OF_WAREHOUSE = (*FAULTS_OF_VALUES, *FAULTS_OF_MARTS, *FAULTS_BELOW)
