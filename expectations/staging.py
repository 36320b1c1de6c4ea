"""Rules on staging models of what is published for England: ranges, parts and wholes, dates.

What boards and programmes submit is in ``staging_local``; models without a rule are named, with the
reason, in ``staging_without_rules.yml``.
"""

from __future__ import annotations

from expectations.edition_figures import SHARES_OF_PEOPLE
from expectations.rules import Rule
from expectations.staging_rule import broken_where, warning_of

_LISTS = "staging.stg_reg_list_sizes"


def staging_rules() -> list[Rule]:
    """Every rule on one staging model of what is published for England."""
    return [
        *_list_size_rules(),
        *_survey_rules(),
        *_count_rules(),
        *_workforce_rules(),
        *_directory_rules(),
    ]


def _list_size_rules() -> list[Rule]:
    return [
        warning_of(
            _LISTS,
            "england_adds_up",
            "registered patients of a whole edition since 2020 are 60 to 66 million",
            "select snapshot_date, patients from (select lists.snapshot_date, "
            f"sum(lists.registered_patients) as patients from {_LISTS} as lists "
            "join ledger.editions as editions on lists.edition_id = editions.edition_id "
            "where editions.coverage = 'whole' and not editions.is_synthetic "
            "group by lists.snapshot_date) as totals "
            "where snapshot_date >= date '2020-01-01' "
            "and patients not between 60000000 and 66000000",
            "snapshot_date",
            "patients",
            reason="DOMAIN 2.4: 60,606,345 in January 2021, 63,766,671 in 2024/25",
            owner="reference data",
        ),
        warning_of(
            _LISTS,
            "no_sudden_jump",
            "no practice's list changes by more than a fifth between snapshots",
            "select practice_code, snapshot_date from (select practice_code, snapshot_date, "
            "registered_patients, lag(registered_patients) over (partition by practice_code "
            f"order by snapshot_date) as previous from {_LISTS}) as steps "
            "where abs(registered_patients - previous) > 0.2 * previous",
            "practice_code",
            "snapshot_date",
            reason="2026-11-23: most often a merger; values before and after do not compare",
            owner="reference data",
        ),
    ]


def _survey_rules() -> list[Rule]:
    codes = {
        **dict.fromkeys(("national", "region", "ics", "pcn", "practice"), "area_code"),
        "practice_2018_2023": "practice_code",
    }
    return [
        broken_where(
            f"staging.stg_gpps_{level}",
            "codes_are_not_values",
            "-97, -98 and -99 are states, never numbers; a value stands where its state says so",
            "published_value < 0 "
            "or (published_value is not null) <> (value_state in ('reported', 'zero')) "
            "or (measure like '%pct%' and published_value > 1)",
            "edition_id",
            code,
            "question",
            reason="DOMAIN trap 3, 2.1.5 and 2.1.6",
        )
        for level, code in codes.items()
    ]


def _count_rules() -> list[Rule]:
    counts = "staging.stg_ncdes_counts"
    shares = ", ".join(f"'{code}'" for code in SHARES_OF_PEOPLE)
    return [
        broken_where(
            counts,
            "value_has_a_state",
            "a count stands exactly where its state says so, and is not negative",
            "value < 0 or (value is not null) <> (value_state in ('reported', 'zero'))",
            "edition_id",
            "practice_code",
            "indicator_code",
        ),
        broken_where(
            counts,
            "month_has_ended",
            "counts are those of a month's last day, inside the year of their service",
            "last_day(achievement_date) <> achievement_date or achievement_date < service_start "
            "or achievement_date >= service_start + interval 1 year",
            "edition_id",
            "practice_code",
            reason="DOMAIN 2.2.4",
        ),
        warning_of(
            counts,
            "england_does_not_fall",
            "counts from April do not fall from month to month for all practices",
            "select indicator_code, achievement_date from (select indicator_code, "
            "achievement_date, quality_service, sum(value) as total, count(value) as held, "
            "lag(sum(value)) over months as before, "
            "lag(count(value)) over months as held_before "
            f"from {counts} where measure_kind = 'numerator' and indicator_code in ("
            "select indicator_code from reference.ncdes_concordance "
            "where numerator_kind = 'cumulative' "
            "and measure_concept <> 'caseload_seen_by_splw') "
            "group by quality_service, indicator_code, achievement_date "
            "window months as (partition by quality_service, indicator_code "
            "order by achievement_date)) as steps where total < before and held >= held_before",
            "indicator_code",
            reason="DOMAIN 2.2.4: one practice's may, as people leave; a caseload may",
        ),
        warning_of(
            counts,
            "numerator_is_part_of_denominator",
            "those counted are among those they are counted out of",
            "select edition_id, practice_code, indicator_code, achievement_date from ("
            "select edition_id, practice_code, indicator_code, achievement_date, "
            "max(value) filter (where measure_kind = 'numerator') as numerator, "
            "max(value) filter (where measure_kind = 'denominator') as denominator "
            f"from {counts} where indicator_code in ({shares}) group by all) as pairs "
            "where numerator > denominator",
            "edition_id",
            "practice_code",
            "indicator_code",
            "achievement_date",
            reason="DOMAIN 2.2.4; submissions call their measures by other names than publications",
        ),
        broken_where(
            "staging.stg_qof_achievement",
            "counts_are_counts",
            "no count is negative; those who reached it are among those who could",
            "numerator < 0 or denominator < 0 or personalised_care_adjustments < 0 "
            "or numerator > denominator",
            "edition_id",
            "practice_code",
            "indicator_code",
        ),
        broken_where(
            "staging.stg_phb_counts",
            "value_has_a_state",
            "a count stands exactly where its state says so, and is not negative",
            "value < 0 or (value is not null) <> (value_state in ('reported', 'zero')) "
            "or financial_quarter not between 1 and 4",
            "edition_id",
            "org_code",
            "measure",
        ),
        warning_of(
            "staging.stg_phb_counts",
            "quarters_do_not_fall",
            "counts from April do not fall from quarter to quarter",
            "select org_code, measure, period_end from (select org_code, measure, period_end, "
            "value, lag(value) over (partition by org_code, measure, period_start "
            "order by period_end) as before from staging.stg_phb_counts "
            "where measure <> 'live') as steps "
            "where value < before",
            "org_code",
            "measure",
            "period_end",
            reason="DOMAIN 2.7; budgets that are live on a day may become fewer",
        ),
        broken_where(
            "staging.stg_gpad_crosstab",
            "appointments_are_counts",
            "a month has no negative number of appointments",
            "appointments < 0 or date_trunc('month', appointment_month) <> appointment_month",
            "edition_id",
            "practice_code",
        ),
        broken_where(
            "staging.stg_gpad_coverage",
            "included_are_among_open",
            "practices that are included are among those that are open, and so are their patients",
            "included_practices > open_practices "
            "or patients_at_included_practices > patients_at_open_practices",
            "edition_id",
            "sub_icb_code",
            "appointment_month",
        ),
    ]


def _workforce_rules() -> list[Rule]:
    staff = "staging.stg_pcnwf_staff"
    return [
        broken_where(
            staff,
            "full_time_equivalent_is_plausible",
            "one row is -0.1 to 15 full-time equivalents",
            "fte not between -0.1 and 15",
            "edition_id",
            "pcn_code",
            reason="DOMAIN 2.6: -0.027 and 11.946667 in September 2022",
        ),
        broken_where(
            staff,
            "one_person_is_not_more_than_one_and_a_half",
            "directly employed staff work no more than 1.5 full-time equivalents in a row",
            "fte > 1.5 and data_source = 'NWRS Staff'",
            "edition_id",
            "pcn_code",
            severity="warning",
            reason="DOMAIN 2.6",
        ),
        broken_where(
            "staging.stg_iod_lsoa",
            "deprivation_is_ranked",
            "deciles are 1 to 10, ranks begin at 1, scores at 0",
            "deprivation_decile not between 1 and 10 or deprivation_rank < 1 "
            "or deprivation_score < 0",
            "edition_id",
            "lsoa_code",
        ),
        broken_where(
            "staging.stg_reg_lsoa",
            "lists_are_not_negative",
            "no practice has fewer than no people of an area",
            "registered_patients < 0",
            "edition_id",
            "practice_code",
            "lsoa_code",
        ),
    ]


def _directory_rules() -> list[Rule]:
    where = "DOMAIN 1: practices, networks, locations, boards and regions are a tree at any time"
    tables = (
        "stg_gpad_mapping",
        "stg_ons_sub_icb_lookup",
        "stg_qof_geography_map",
        "stg_reg_practice_map",
    )
    return [
        *(_one_parent(f"staging.{table}", where) for table in tables),
        warning_of(
            "staging.stg_ods_pcn_memberships",
            "a_practice_is_in_one_network",
            "in one edition a practice is in no two networks on the same day",
            "select edition_id, practice_code, start_date from (select edition_id, "
            "practice_code, start_date, max(coalesce(end_date, date '9999-12-31')) over ("
            "partition by edition_id, practice_code order by start_date, pcn_code "
            "rows between unbounded preceding and 1 preceding) as ended_before "
            "from staging.stg_ods_pcn_memberships) as spells where start_date < ended_before",
            "edition_id",
            "practice_code",
            "start_date",
            reason=f"{where}; seven are in two in the directory of October 2024",
            owner="reference data",
        ),
        broken_where(
            "staging.stg_ods_pcns",
            "networks_close_after_they_open",
            "a network that has closed was open before, and none is older than networks are",
            "close_date < open_date or open_date < date '2019-04-01'",
            "edition_id",
            "pcn_code",
            severity="warning",
            reason="the network contract began on 1 July 2019; codes were given from that spring",
        ),
        broken_where(
            "staging.stg_ods_practices",
            "practices_close_after_they_open",
            "a practice that has closed was open before",
            "close_date < open_date",
            "edition_id",
            "practice_code",
            severity="warning",
        ),
        broken_where(
            "staging.stg_qof_prevalence",
            "register_is_part_of_the_list",
            "people on a register are among the registered patients it is a part of",
            "people_on_register > list_size",
            "edition_id",
            "practice_code",
            "group_code",
            severity="warning",
            reason="one of 137,991 in 2020/21: 137 of 132 at Y05750",
        ),
        broken_where(
            "staging.stg_fingertips_indicators",
            "limits_hold_the_value",
            "a value lies within its own 95 % limits",
            "value not between lower_95 and upper_95",
            "edition_id",
            "indicator_id",
            "area_code",
            severity="warning",
        ),
    ]


def _one_parent(table: str, reason: str) -> Rule:
    return warning_of(
        table,
        "areas_have_one_parent",
        "in one edition a location is in one board, and a board in one region",
        "select edition_id, area_code from ("
        f"select edition_id, sub_icb_code as area_code, icb_code as parent_code from {table} "
        f"union all select edition_id, icb_code, region_code from {table}) as areas "
        "group by edition_id, area_code having count(distinct parent_code) > 1",
        "edition_id",
        "area_code",
        reason=reason,
        owner="reference data",
    )
