"""Rules on the marts: what must hold before a candidate is written."""

from __future__ import annotations

from functools import partial

from expectations.mart_rule import SHOW, VALUE_KEY, VALUES, no_rows_where
from expectations.rules import (
    AllowedValues,
    Between,
    NoRows,
    NotNull,
    RowCount,
    Rule,
    Unique,
)

VALUE_STATES = (
    "reported",
    "zero",
    "suppressed_source",
    "suppressed",
    "not_available",
    "late",
    "not_applicable",
    "below_min_base",
    "cannot_calculate",
)
AREA_TYPES = (
    "practice",
    "pcn",
    "neighbourhood",
    "place",
    "sub_icb",
    "icb",
    "region",
    "england",
    "organisation",
    "programme",
)
_COMPARISONS = ("better", "worse", "higher", "lower", "similar")
_SERIES_KEY = ("indicator_id", "area_type", "area_code", "hierarchy_basis", "series_id")
# The sum of local scores is not shown: with the mean it would tell of how many people it is.
_OF_LOCAL_SCORES = (
    "disclosure_class = 'std' and method in ('mean_t', 'paired_change') "
    "and category_type <> 'follow_up'"
)
# Indices made of groups (slopes, similarity) have no numerator and denominator of their own.
_OF_COUNTS = "method not in ('sii_log', 'sii_logit', 'dissimilarity')"


def mart_rules() -> list[Rule]:
    """Every rule on every mart."""
    return [
        *_value_rules(),
        *_interval_rules(),
        *_key_rules(),
        *_analysis_rules(),
        *_reference_rules(),
        *_ledger_rules(),
    ]


_no_rows = partial(no_rows_where, owner="data engineering")


def _value_rules() -> list[Rule]:
    return [
        RowCount(table=VALUES, name="has_rows", description="there are values", at_least=1),
        Unique(
            table=VALUES,
            name="key_is_unique",
            description="one row per indicator, area, basis, period, series and category",
            columns=VALUE_KEY,
            identify_by=SHOW,
        ),
        *(
            NotNull(
                table=VALUES,
                name=f"{column}_is_there",
                description=f"every value has its {column}",
                column=column,
                identify_by=SHOW,
            )
            for column in ("value_state", *VALUE_KEY)
        ),
        AllowedValues(
            table=VALUES,
            name="value_state_is_known",
            description="every value has a state of the list",
            column="value_state",
            values=VALUE_STATES,
            identify_by=SHOW,
        ),
        AllowedValues(
            table=VALUES,
            name="area_type_is_known",
            description="every area type is one of the list",
            column="area_type",
            values=AREA_TYPES,
            identify_by=SHOW,
        ),
        _no_rows(
            "value_only_when_reported",
            "a value stands exactly where the state is reported or zero",
            "(value is not null) <> (value_state in ('reported', 'zero'))",
        ),
        _no_rows(
            "absence_is_explained",
            "whatever is not reported says why",
            "value_state not in ('reported', 'zero') and value_reason is null",
        ),
        _no_rows(
            "zero_is_zero",
            "the state zero has the value 0",
            "value_state = 'zero' and value <> 0",
        ),
        _no_rows(
            "numbers_are_finite",
            "no infinity and no NaN anywhere",
            "isnan(value) or isinf(value) or isinf(lower_95) or isinf(upper_95) "
            "or isnan(lower_95) or isnan(upper_95) or isinf(numerator) or isinf(denominator)",
        ),
        _no_rows(
            "proportions_are_proportions",
            "a proportion lies between 0 and 1",
            "unit = 'proportion' and value not between 0 and 1",
        ),
        _no_rows(
            "ratio_has_its_parts",
            "no value without its numerator and denominator",
            "value is not null and (denominator is null "
            f"or (numerator is null and not ({_OF_LOCAL_SCORES}))) and {_OF_COUNTS}",
        ),
        _no_rows(
            "value_is_the_ratio",
            "the value is numerator over denominator, to what the publisher rounded",
            "value is not null and denominator > 0 "
            "and abs(value - numerator / denominator * multiplier) "
            f"> 1e-6 * greatest(multiplier, abs(value)) and {_OF_COUNTS}",
        ),
    ]


def _interval_rules() -> list[Rule]:
    return [
        _no_rows(
            "limits_are_ordered",
            "lower limit, value and upper limit are in order",
            "value is not null and (lower_95 > value + 1e-9 or upper_95 < value - 1e-9 "
            "or lower_998 > value + 1e-9 or upper_998 < value - 1e-9)",
        ),
        _no_rows(
            "survey_has_limits",
            "every reported survey value has 95 % and 99.8 % limits",
            "method like 'survey_%' and value is not null "
            "and (lower_95 is null or upper_95 is null or lower_998 is null or upper_998 is null)",
        ),
        _no_rows(
            "what_is_no_count_has_no_limits",
            "full-time equivalents, hours, pounds and attendances are no counts: no interval",
            "method in ('rate_noci', 'mean_noci') "
            "and (lower_95 is not null or upper_95 is not null)",
        ),
        _no_rows(
            "rates_of_counts_have_limits",
            "every rate of a count has 95 % and 99.8 % limits, but for a negative flow",
            "method = 'rate_byar' and value >= 0 "
            "and (lower_95 is null or upper_95 is null or lower_998 is null or upper_998 is null)",
        ),
        _no_rows(
            "local_figures_are_not_compared",
            "nobody is held against those who chose to send records",
            "indicator_id in (select indicator_id from marts.indicators where status = 'local' "
            "or benchmark = 'none') and (comparison_95 is not null or quantile is not null "
            "or benchmark_value is not null)",
        ),
        _no_rows(
            "complete_counts_have_no_interval",
            "who counts all seats, groups, meetings or projects has no sample: no interval",
            "coalesce(lower_95, upper_95) is not null and indicator_id in "
            "(select indicator_id from marts.indicators where is_complete_enumeration)",
        ),
        AllowedValues(
            table=VALUES,
            name="comparison_is_known",
            description="a comparison is one of the list",
            column="comparison_95",
            values=_COMPARISONS,
            identify_by=SHOW,
        ),
        _no_rows(
            "england_is_not_compared",
            "England is never compared with itself",
            "area_type = 'england' and comparison_95 is not null",
        ),
        Between(
            table=VALUES,
            name="quantile_is_a_fifth",
            description="a quantile band is 1 to 5",
            column="quantile",
            at_least=1,
            at_most=5,
            identify_by=SHOW,
        ),
    ]


# Grain of every mart but the values themselves.
_KEYS = {
    "indicators": ("indicator_id",),
    "areas": ("area_type", "area_code"),
    "latest_values": (*_SERIES_KEY, "category_type", "category"),
    "england_values": ("indicator_id", "period_start", "period_end", "series_id", "category"),
    "indicator_trends": (*_SERIES_KEY, "category_type", "category", "period_end"),
    "spc_points": (*_SERIES_KEY, "period_start"),
    "inequalities": (*_SERIES_KEY, "category_type", "category", "period_end"),
    "engagement_typology": ("area_type", "area_code", "period_end", "class"),
    "champion_programmes": ("practice_code", "period_end"),
    "what_changed": ("submitter_org_id", "engagement_id"),
    "context_values": ("measure", "area_type", "area_code", "sex", "age", "period"),
    "practice_profile": ("practice_code",),
}


def _key_rules() -> list[Rule]:
    return [
        Unique(
            table=f"marts.{mart}",
            name="key_is_unique",
            description="one row per " + ", ".join(key).replace("_", " "),
            columns=key,
            identify_by=key,
        )
        for mart, key in _KEYS.items()
    ]


def _analysis_rules() -> list[Rule]:
    return [
        _no_rows(
            "only_england",
            "nothing but England",
            "area_type <> 'england'",
            table="marts.england_values",
            identify_by=("indicator_id", "area_code"),
        ),
        _no_rows(
            "trend_has_its_test",
            "a trend is spoken of only where five points and the test allow it",
            "trend like '%creasing%' "
            "and (points < 5 or chi_square <= 9.5495 or not has_one_direction)",
            table="marts.indicator_trends",
            identify_by=("indicator_id", "area_type", "area_code", "period_end"),
        ),
        _no_rows(
            "limits_hold_their_mean",
            "the mean lies within its limits, and nothing is judged without them",
            "lower_limit > mean or upper_limit < mean "
            "or (special_cause is not null and lower_limit is null)",
            table="marts.spc_points",
            identify_by=("indicator_id", "area_type", "area_code", "period_start"),
        ),
        _no_rows(
            "shares_are_shares",
            "shares lie between 0 and 1; the index has at least ten records",
            "share not between 0 and 1 "
            "or weak_share not between 0 and 1 or unclassified_share not between 0 and 1 "
            "or coproduction_index not between 0 and 100",
            table="marts.engagement_typology",
            identify_by=("area_type", "area_code", "period_end"),
        ),
        _no_rows(
            "no_causal_comparison",
            "every comparison carries its warning",
            "warning is null or warning = ''",
            table="marts.champion_programmes",
            identify_by=("practice_code", "period_end"),
        ),
        _no_rows(
            "sentence_is_short",
            "what changed is said in 280 characters at most",
            "length(what_changed) not between 1 and 280",
            table="marts.what_changed",
            identify_by=("submitter_org_id", "engagement_id"),
        ),
        _no_rows(
            "context_has_a_value_or_a_reason",
            "a value stands exactly where the state is reported, a reason where there is none",
            "(value is not null) <> (value_state = 'reported') "
            "or (value is null) <> (value_reason is not null)",
            table="marts.context_values",
            identify_by=("measure", "area_type", "area_code", "period"),
        ),
    ]


def _reference_rules() -> list[Rule]:
    return [
        NoRows(
            table="marts.areas",
            name="no_level_is_empty",
            description="there are open practices, networks, locations, boards, regions, England",
            query=(
                "select area_type from (values ('practice'), ('pcn'), ('sub_icb'), ('icb'), "
                "('region'), ('england')) as wanted (area_type) where area_type not in "
                "(select area_type from marts.areas where status = 'open' "
                # the list of successions names boards that no practice is in yet
                "and (area_type <> 'icb' or area_code in (select parent_code "
                "from marts.area_relationships where parent_type = 'icb' and is_current)))"
            ),
            identify_by=("area_type",),
        ),
        NoRows(
            table=VALUES,
            name="area_is_known",
            description="every area of a value is in the table of areas",
            query=(
                f"select area_values.* from {VALUES} as area_values "
                "left join marts.areas as areas "
                "on area_values.area_type = areas.area_type "
                "and area_values.area_code = areas.area_code where areas.area_code is null"
            ),
            identify_by=SHOW,
        ),
        _no_rows(
            "indicator_is_known",
            "every indicator of a value is in the catalogue",
            "indicator_id not in (select indicator_id from marts.indicators)",
            identify_by=("indicator_id",),
        ),
        NoRows(
            table="marts.area_relationships",
            name="one_parent_at_a_time",
            description="a practice has one parent of each type on any day",
            query=(
                "select first_spell.child_code, first_spell.parent_type "
                "from marts.area_relationships as first_spell "
                "join marts.area_relationships as second_spell "
                "on first_spell.child_code = second_spell.child_code "
                "and first_spell.child_type = second_spell.child_type "
                "and first_spell.parent_type = second_spell.parent_type "
                "and first_spell.from_date < second_spell.from_date "
                "and coalesce(first_spell.to_date, date '9999-12-31') >= second_spell.from_date "
                "where first_spell.child_type = 'practice'"
            ),
            identify_by=("child_code", "parent_type"),
        ),
    ]


def _ledger_rules() -> list[Rule]:
    return [
        _no_rows(
            "rows_are_accounted_for",
            "rows in the file are the rows loaded and the rows quarantined",
            "verdict = 'accepted' and rows_in_file <> rows_loaded + rows_quarantined",
            table="marts.extract_editions",
            identify_by=("edition_id",),
        ),
        _no_rows(
            "required_extracts_are_held",
            "every required extract has an accepted edition in use",
            "is_required and latest_period is null",
            table="marts.extracts",
            identify_by=("extract",),
        ),
        NoRows(
            table="marts.extract_editions",
            name="synthetic_and_real_do_not_meet",
            description="editions in use are all real or all made up",
            query=(
                "select extract from marts.extract_editions where is_in_use group by extract, "
                "is_synthetic having (select count(distinct is_synthetic) "
                "from marts.extract_editions where is_in_use) > 1"
            ),
            identify_by=("extract",),
        ),
        _no_rows(
            "published_figures_are_reproduced",
            "figures that the publishers printed come out of this build",
            "not agrees and coalesce(note, '') not like 'cannot be reproduced%'",
            table="marts.reconciliation",
            identify_by=("source", "fixture", "published", "ours"),
        ),
        _no_rows(
            "nothing_is_late",
            "every extract has the edition that its cadence promises",
            "is_late",
            table="marts.extracts",
            identify_by=("extract", "latest_period"),
            severity="warning",
        ),
        _no_rows(
            "value_has_its_source",
            "every value leads to the editions it was made of",
            "value is not null and (lineage_id is null or "
            "lineage_id not in (select lineage_id from marts.value_lineage))",
        ),
    ]
