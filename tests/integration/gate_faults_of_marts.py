"""Faults in the marts beside the table of values."""

from __future__ import annotations

from gate_fault import VALUES, by_sql, in_one_row

FAULTS_OF_MARTS = (
    by_sql(
        "an indicator twice",
        "insert into marts.indicators select * from marts.indicators order by {pick} limit 1",
        "marts.indicators.key_is_unique",
    ),
    by_sql(
        "an area twice",
        "insert into marts.areas select * from marts.areas order by {pick} limit 1",
        "marts.areas.key_is_unique",
    ),
    by_sql(
        "an open practice in no board",
        "delete from marts.area_relationships where parent_type = 'icb' and child_code = "
        "(select area_code from marts.areas where area_type = 'practice' and status = 'open' "
        "order by {pick} limit 1)",
        "marts.areas.open_practice_has_parents",
    ),
    by_sql(
        "two networks at once",
        "insert into marts.area_relationships "
        "select child_code, child_type, 'U00000', parent_type, from_date + 1, to_date, "
        "source_extract, is_current from marts.area_relationships "
        "where child_type = 'practice' and parent_type = 'pcn' and is_current "
        "order by {pick} limit 1",
        "marts.area_relationships.one_parent_at_a_time",
        "marts.area_relationships.both_ends_are_known",
    ),
    in_one_row(
        "marts.area_relationships",
        "a practice under another region",
        "parent_code = 'Y00'",
        "child_type = 'practice' and parent_type = 'region' and is_current",
        "hierarchy_is_one",
    ),
    in_one_row(
        "marts.area_relationships",
        "left before it joined",
        "to_date = from_date - 1",
        "true",
        "dates_are_in_order",
    ),
    by_sql(
        "a level without areas",
        "update marts.areas set status = 'closed' where area_type = 'sub_icb'",
        "marts.areas.no_level_is_empty",
    ),
    by_sql(
        "boards that only the list of successions names",
        "delete from marts.area_relationships where parent_type = 'icb'; "
        "update marts.areas set status = 'open' where area_type = 'icb'",
        "marts.areas.no_level_is_empty",
        "marts.areas.open_practice_has_parents",
    ),
    in_one_row(
        "marts.indicator_trends",
        "a trend of two points",
        "trend = 'increasing and getting better'",
        "points < 5",
        "trend_has_its_test",
    ),
    in_one_row(
        "marts.spc_points",
        "a control limit of three deviations",
        "upper_limit = mean + 3.14 * average_moving_range",
        "average_moving_range > 0",
        "limits_are_of_moving_ranges",
    ),
    in_one_row(
        "marts.spc_points",
        "a control limit on the wrong side",
        "upper_limit = mean - 1",
        "upper_limit is not null",
        "limits_hold_their_mean",
    ),
    in_one_row(
        "marts.spc_points",
        "a point of another month",
        "value = value + 1",
        "value is not null",
        "points_are_values",
    ),
    by_sql(
        "an ended series shown as latest",
        f"insert into marts.latest_values select * from {VALUES} where series_id in "
        "(select series_id from intermediate.int_series_status where is_historic) "
        "order by {pick} limit 1",
        "marts.latest_values.latest_is_latest",
    ),
    in_one_row(
        "marts.latest_values",
        "an old value shown as latest",
        "value = value * 0.9",
        "value > 0",
        "latest_is_a_copy",
    ),
    in_one_row(
        "marts.england_values",
        "a board among England",
        "area_type = 'icb'",
        "true",
        "only_england",
    ),
    by_sql(
        "a fifth of people lost",
        "delete from marts.inequalities where rowid in (select rowid from marts.inequalities "
        "where population_share between 0.1 and 0.9 order by {pick} limit 1)",
        "marts.inequalities.groups_are_the_whole_population",
    ),
    in_one_row(
        "marts.engagement_typology",
        "shares beyond the whole",
        "share = share + 0.2",
        "share < 0.8",
        "shares_add_up",
    ),
    by_sql(
        "a comparison without its warning",
        "update marts.champion_programmes set warning = ''",
        "marts.champion_programmes.no_causal_comparison",
    ),
    in_one_row(
        "marts.what_changed",
        "a sentence that nobody cleared",
        "what_changed = 'Somebody said so.'",
        "true",
        "sentence_was_cleared",
    ),
    in_one_row(
        "marts.what_changed",
        "a whole story",
        "what_changed = repeat('long ', 60)",
        "true",
        "sentence_is_short",
        "sentence_was_cleared",
    ),
    by_sql(
        "a measure of context twice",
        "insert into marts.context_values select * from marts.context_values "
        "order by {pick} limit 1",
        "marts.context_values.key_is_unique",
    ),
    in_one_row(
        "marts.context_values",
        "context without a reason",
        "value = null",
        "value is not null",
        "context_has_a_value_or_a_reason",
    ),
    in_one_row(
        "marts.value_lineage",
        "lineage of an edition that is not in use",
        "edition_id = 'gone:2020:00000000'",
        "true",
        "editions_are_in_use",
    ),
    by_sql(
        "an old file under a new name",
        "update marts.extract_editions set sha256 = (select min(sha256) from "
        "marts.extract_editions where extract = 'ncdes_counts' and is_in_use) "
        "where extract = 'ncdes_counts' and is_in_use",
        "marts.extract_editions.one_file_is_one_period",
    ),
    by_sql(
        "an old directory under a new name",
        "update marts.extract_editions set sha256 = (select min(sha256) from "
        "marts.extract_editions where extract = 'ods_practices' and is_in_use) "
        "where extract = 'ods_practices' and is_in_use",
        "marts.extract_editions.directories_change",
    ),
    in_one_row(
        "marts.extract_editions",
        "rows lost on the way",
        "rows_loaded = rows_loaded - 1",
        "verdict = 'accepted' and rows_loaded > 1",
        "rows_are_accounted_for",
    ),
    in_one_row(
        "marts.extract_editions",
        "made-up data beside real",
        "is_synthetic = not is_synthetic",
        "is_in_use",
        "synthetic_and_real_do_not_meet",
    ),
    in_one_row(
        "marts.extracts",
        "a required extract without editions",
        "latest_period = null",
        "is_required",
        "required_extracts_are_held",
    ),
    in_one_row("marts.extracts", "a late edition", "is_late = true", "true", "nothing_is_late"),
    in_one_row(
        "marts.engagement_typology",
        "more weak records than records",
        "weak_share = 1.5",
        "true",
        "shares_are_shares",
    ),
    in_one_row(
        "marts.indicator_trends",
        "a trend beside another value",
        "value = value * 0.9",
        "value > 0",
        "trend_is_of_its_value",
    ),
    by_sql(
        "a printed figure that does not come out",
        "insert into marts.reconciliation (source, fixture, published, ours, agrees) "
        "values ('a bulletin', 'people referred', 100, 200, false)",
        "marts.reconciliation.published_figures_are_reproduced",
    ),
)
