"""Rules that hold a publication against another: people against lists, who came against who is.

Each publication can be sound by itself and still be of another month, or miss a part of England.
"""

from __future__ import annotations

from expectations.rules import Rule
from expectations.staging_rule import warning_of

_COVERAGE = "staging.stg_gpad_coverage"
_COUNTS = "staging.stg_ncdes_counts"
_STAFF = "staging.stg_pcnwf_staff"
_SURVEY = "staging.stg_gpps_practice"


def rules_across_staging() -> list[Rule]:
    """Every rule on a staging model that needs another table, or another edition."""
    return [
        *_appointment_rules(),
        *_network_service_rules(),
        *_registered_people_rules(),
        *_referral_rules(),
        *_workforce_rules(),
        *_survey_rules(),
        *_deprivation_rules(),
    ]


def _appointment_rules() -> list[Rule]:
    reason = "2026-11-26: lists are up to a year old, and a year moves most by 1 to 2 %"
    return [
        warning_of(
            _COVERAGE,
            "registered_people_are_the_lists",
            "people registered at open practices are the lists of the location, to 5 %",
            "select coverage.sub_icb_code, coverage.appointment_month, "
            "coverage.patients_at_open_practices, lists.registered_patients "
            f"from {_COVERAGE} as coverage "
            "join intermediate.int_area_list_sizes as lists "
            "on lists.area_type = 'sub_icb' and lists.area_code = coverage.sub_icb_code "
            "and lists.month_start = coverage.appointment_month "
            "where abs(coverage.patients_at_open_practices - lists.registered_patients) "
            "> 0.05 * lists.registered_patients",
            "sub_icb_code",
            "appointment_month",
            reason=reason,
        ),
        warning_of(
            _COVERAGE,
            "included_people_are_the_denominator",
            "people registered at included practices are our denominator, to 5 %",
            "select coverage.sub_icb_code, coverage.appointment_month, "
            "coverage.patients_at_included_practices, ours.denominator "
            f"from {_COVERAGE} as coverage "
            "join intermediate.int_rolled_up_practices as ours "
            "on ours.indicator_id = 'PC-SP-06' and ours.area_type = 'sub_icb' "
            "and ours.hierarchy_basis = 'as_was' and ours.area_code = coverage.sub_icb_code "
            "and ours.period_start = coverage.appointment_month "
            "where abs(coverage.patients_at_included_practices - ours.denominator) "
            "> 0.05 * coverage.patients_at_included_practices",
            "sub_icb_code",
            "appointment_month",
            reason=reason,
        ),
    ]


def _network_service_rules() -> list[Rule]:
    return [
        warning_of(
            _COUNTS,
            "open_practices_are_present",
            "practices with 95 % of the registered people have counts in a whole month",
            "select achievement_date, share from (select months.achievement_date, "
            "sum(case when present.practice_code is not null then weights.weight else 0 end) * 1.0 "
            "/ sum(weights.weight) as share from (select distinct counts.achievement_date "
            f"from {_COUNTS} as counts join ledger.editions as editions "
            "on counts.edition_id = editions.edition_id where editions.coverage = 'whole') "
            "as months join intermediate.int_practice_weights as weights "
            "on weights.period_end = months.achievement_date "
            "left join (select distinct practice_code, achievement_date "
            f"from {_COUNTS} where measure = 'numerator') as present "
            "on present.practice_code = weights.practice_code "
            "and present.achievement_date = months.achievement_date "
            "group by months.achievement_date) as shares where share < 0.95",
            "achievement_date",
            reason="DOMAIN 2.2.4: 95 % of open practices, weighted by list size",
        ),
        warning_of(
            _COUNTS,
            "published_denominators_are_the_lists",
            "people registered by the counts are those of the lists, to 5 % in a month",
            "select achievement_date from (select counts.achievement_date, "
            "sum(counts.value) as published, sum(lists.registered_patients) as listed "
            f"from {_COUNTS} as counts join intermediate.int_practice_list_sizes as lists "
            "on lists.practice_code = counts.practice_code "
            "and lists.month_start = date_trunc('month', counts.achievement_date) "
            "where counts.measure_concept = 'sp_referred' and counts.measure = 'denominator' "
            "and counts.value is not null group by counts.achievement_date) as months "
            "where abs(published - listed) > 0.05 * listed",
            "achievement_date",
            reason="DOMAIN 2.2.3: whether adjustments are taken off is not known, so the "
            "difference is told; they are far below 5 % of a list (2026-11-26)",
        ),
    ]


def _registered_people_rules() -> list[Rule]:
    return [
        warning_of(
            f"staging.{model}",
            name,
            f"people of a practice {words} are its list of the same day, to 5 %",
            "select parts.practice_code, parts.snapshot_date from (select practice_code, "
            f"snapshot_date, sum(registered_patients) as people from staging.{model} "
            "group by practice_code, snapshot_date) as parts "
            "join staging.stg_reg_list_sizes as lists "
            "on lists.practice_code = parts.practice_code "
            "and lists.snapshot_date = parts.snapshot_date "
            "where abs(parts.people - lists.registered_patients) "
            "> 0.05 * lists.registered_patients",
            "practice_code",
            "snapshot_date",
            reason="DOMAIN 2.4: one register, told in several ways; of January 2021 and 2022 only "
            "one of them is held (2026-11-26)",
            owner="reference data",
        )
        for model, name, words in (
            ("stg_reg_quinary_age", "ages_are_the_list", "by age"),
            ("stg_reg_lsoa", "small_areas_are_the_list", "by small area"),
        )
    ] + [_single_ages_are_the_list()]


def _single_ages_are_the_list() -> Rule:
    # Women and men come in a file each, so that only the list has their total.
    return warning_of(
        "staging.stg_reg_list_sizes",
        "single_ages_are_the_list",
        "women and men of every single year of age are together the list of the practice, in "
        "months whose single ages are whole, for every practice on the list that is held",
        "select lists.practice_code, lists.snapshot_date "
        "from staging.stg_reg_list_sizes as lists "
        "join (select distinct edition_period_start from raw.reg_single_age "
        "where edition_coverage = 'whole') as months "
        "on months.edition_period_start = date_trunc('month', lists.snapshot_date) "
        "left join (select edition_period_start, trim(organisation_code) as practice_code, "
        "sum(try_cast(trim(patients) as double)) as people from raw.reg_single_age "
        "where trim(age) <> 'ALL' and coalesce(trim(organisation_type), 'GP') = 'GP' "
        "group by all) as ages "
        "on ages.edition_period_start = months.edition_period_start "
        "and ages.practice_code = lists.practice_code "
        "where coalesce(ages.people, 0) <> lists.registered_patients",
        "practice_code",
        "snapshot_date",
        reason="DOMAIN 2.4: male + female = all, to the person; no real file of the one month is "
        "held in both (2026-11-27)",
        owner="reference data",
    )


def _referral_rules() -> list[Rule]:
    # What people were referred to is restricted, so the submission of codes alone is shown.
    return [
        warning_of(
            "staging.stg_practice_counts",
            "referrals_are_coded",
            "referrals of whole months are half to one and a half of those that practices coded",
            "select edition_id from (select coded.edition_id, sum(coded.value) as coded, "
            "sum(sent.referrals) as sent from staging.stg_practice_counts as coded "
            "join (select practice_code, month_start, count(*) as referrals "
            "from restricted.int_covered_referrals where is_received and is_whole_month "
            "group by practice_code, month_start) as sent "
            "on sent.practice_code = coded.practice_code "
            "and sent.month_start = coded.month_start "
            "where coded.measure_concept = 'sp_referred' "
            "and coded.counting_basis = 'events_month' and coded.value is not null "
            "group by coded.edition_id) as pairs "
            "where greatest(coded, sent) >= 50 and sent not between 0.5 * coded and 1.5 * coded",
            "edition_id",
            reason="DOMAIN 3.1: coding is incomplete and varies; below 50 by chance (2026-11-27)",
        )
    ]


def _workforce_rules() -> list[Rule]:
    return [
        warning_of(
            _STAFF,
            "networks_report",
            "four in five of the networks open on its day are in a whole census",
            "select census_date, share from (select censuses.census_date, "
            "avg(case when present.pcn_code is not null then 1.0 else 0.0 end) as share "
            f"from (select distinct staff.census_date from {_STAFF} as staff "
            "join ledger.editions as editions on staff.edition_id = editions.edition_id "
            "where editions.coverage = 'whole') as censuses "
            "join (select pcn_code, open_date, close_date from staging.stg_ods_pcns where "
            "edition_date = (select max(edition_date) from staging.stg_ods_pcns)) as networks "
            "on networks.open_date <= censuses.census_date "
            "and coalesce(networks.close_date > censuses.census_date, true) "
            f"left join (select distinct pcn_code, census_date from {_STAFF}) as present "
            "on present.pcn_code = networks.pcn_code "
            "and present.census_date = censuses.census_date "
            "where censuses.census_date >= date '2021-12-01' "
            "group by censuses.census_date) as shares where share < 0.8",
            "census_date",
            reason="DOMAIN 2.6: 80 %. Of the censuses held, 82, 85 and 88 % from December 2021 on; "
            "60 to 73 % before, while roles were first recruited (2026-11-26)",
            owner="workforce analytics",
        )
    ]


def _survey_rules() -> list[Rule]:
    return [
        warning_of(
            _SURVEY,
            "plan_question_is_hidden_as_before",
            "the share of practices whose answers on plans are hidden has not doubled in a year",
            "select survey_year from (select survey_year, hidden, practices, "
            "lag(hidden) over (order by survey_year) as hidden_before, "
            "lag(practices) over (order by survey_year) as practices_before "
            "from (select survey_year, count(*) as practices, "
            "count(case when value_state = 'suppressed_source' then 1 end) as hidden "
            f"from {_SURVEY} where question = 'healthcareplan' and measure = 'pcteval' "
            "and edition_coverage = 'whole' group by survey_year) as years) as steps "
            "where hidden * practices_before > 2 * hidden_before * practices "
            "and hidden >= hidden_before + 10",
            "survey_year",
            reason="DOMAIN 2.1.6: fewer than ten answers are hidden; a few practices more double "
            "a small share by chance, so at least ten (2026-11-26)",
        )
    ]


def _deprivation_rules() -> list[Rule]:
    return [
        warning_of(
            "intermediate.int_small_area_matches",
            "newest_people_match_an_index",
            "98 % of the newest registered people by small area live in areas of one index held",
            "select edition_id from intermediate.int_small_area_matches "
            "where subject = 'deprivation' and snapshot_date = (select max(snapshot_date) "
            "from intermediate.int_small_area_matches) "
            "group by edition_id having not bool_or(is_match)",
            "edition_id",
            reason="DOMAIN 2.8: areas of 2011 or of 2021, told by the join rate",
            owner="reference data",
        ),
        warning_of(
            "intermediate.int_practice_deprivation",
            "own_scores_are_the_published",
            "our score of a practice is within 3 points of the one that Fingertips publishes",
            "select practice_code, index_year from intermediate.int_practice_deprivation "
            "where score_source <> 'fingertips' "
            "and abs(deprivation_score - published_score) > 3",
            "practice_code",
            "index_year",
            reason="DOMAIN 2.8: cross-check on other lists of the same year; half a point at most "
            "in the sample, no real file of both is held (2026-11-26)",
            owner="reference data",
        ),
    ]
