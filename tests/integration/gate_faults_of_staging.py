"""Faults in staging models of what is published for England."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row

_BUDGETS = "staging.stg_phb_counts"
_COUNTS = "staging.stg_ncdes_counts"
_COVERAGE = "staging.stg_gpad_coverage"
_MEMBERSHIPS = "staging.stg_ods_pcn_memberships"

FAULTS_OF_STAGING = (
    in_one_row(
        "staging.stg_gpps_practice",
        "a survey code read as a value",
        "published_value = -97",
        "value_state = 'reported'",
        "codes_are_not_values",
        view=True,
    ),
    in_one_row(
        _COUNTS,
        "a count in the middle of a month",
        "achievement_date = achievement_date - 10",
        "true",
        "month_has_ended",
    ),
    in_one_row(
        "staging.stg_pcnwf_staff",
        "hours read as full-time equivalents",
        "fte = 37.5",
        "true",
        "full_time_equivalent_is_plausible",
    ),
    in_one_row(
        "staging.stg_qof_achievement",
        "more people with a plan than people",
        "numerator = denominator + 1",
        "denominator is not null",
        "counts_are_counts",
        view=True,
    ),
    in_one_row(
        "staging.stg_gpad_mapping",
        "a location in two boards",
        "icb_code = 'QXX'",
        "true",
        "areas_have_one_parent",
    ),
    in_one_row(
        "staging.stg_ons_sub_icb_lookup",
        "a board in two regions",
        "region_code = 'Y00'",
        "true",
        "areas_have_one_parent",
        view=True,
    ),
    by_sql(
        "a practice that joined a network before it left another",
        f"insert into {_MEMBERSHIPS} select * replace ('U00000' as pcn_code, "
        "start_date + 1 as start_date, null as end_date) "
        f"from {_MEMBERSHIPS} order by {{pick}} limit 1",
        f"{_MEMBERSHIPS}.a_practice_is_in_one_network",
        view=_MEMBERSHIPS,
    ),
    in_one_row(
        "staging.stg_ods_pcns",
        "a network that closed before it opened",
        "close_date = open_date - 1",
        "true",
        "networks_close_after_they_open",
        view=True,
    ),
    in_one_row(
        "staging.stg_ods_practices",
        "a practice that closed before it opened",
        "close_date = open_date - 1",
        "open_date is not null",
        "practices_close_after_they_open",
        view=True,
    ),
    by_sql(
        "the list of a county taken for that of England",
        "update ledger.editions set is_synthetic = false where extract = 'reg_list_sizes'",
        "staging.stg_reg_list_sizes.england_adds_up",
    ),
    in_one_row(
        "staging.stg_reg_lsoa",
        "fewer than no people of an area",
        "registered_patients = -1",
        "true",
        "lists_are_not_negative",
        view=True,
    ),
    in_one_row(
        "staging.stg_iod_lsoa",
        "an eleventh tenth",
        "deprivation_decile = 11",
        "true",
        "deprivation_is_ranked",
        view=True,
    ),
    in_one_row(
        "staging.stg_qof_prevalence",
        "more people with an illness than people",
        "people_on_register = list_size + 1",
        "list_size is not null",
        "register_is_part_of_the_list",
        view=True,
    ),
    in_one_row(
        "staging.stg_fingertips_indicators",
        "a value above its own limits",
        "value = upper_95 + 1",
        "upper_95 is not null",
        "limits_hold_the_value",
        view=True,
    ),
    in_one_row(
        _COUNTS,
        "a count that its state says is hidden",
        "value = 7",
        "value_state = 'suppressed_source'",
        "value_has_a_state",
    ),
    in_one_row(
        _COUNTS,
        "more people referred than registered",
        "value = 1000000",
        "indicator_code = 'PC01' and measure_kind = 'numerator' "
        f"and practice_code in (select practice_code from {_COUNTS} where indicator_code = 'PC01' "
        "group by practice_code having count(value) = count(*))",
        "numerator_is_part_of_denominator",
    ),
    by_sql(
        "a running count that begins anew before April",
        f"update {_COUNTS} set value = value // 12 where measure_kind = 'numerator' "
        "and (quality_service, achievement_date) in (select (quality_service, "
        f"max(achievement_date)) from {_COUNTS} group by quality_service "
        "having count(distinct achievement_date) > 1)",
        f"{_COUNTS}.england_does_not_fall",
    ),
    in_one_row(
        _BUDGETS,
        "budgets that nobody counted",
        "value = null",
        "value is not null",
        "value_has_a_state",
        view=True,
    ),
    in_one_row(
        _BUDGETS,
        "a quarter of budgets by itself, not from April",
        "value = 0",
        "financial_quarter > 1 and measure <> 'live'",
        "quarters_do_not_fall",
        view=True,
    ),
    in_one_row(
        "staging.stg_gpad_crosstab",
        "fewer than no appointments",
        "appointments = -1",
        "true",
        "appointments_are_counts",
    ),
    in_one_row(
        _COVERAGE,
        "more practices included than open",
        "included_practices = open_practices + 1",
        "true",
        "included_are_among_open",
        view=True,
    ),
    in_one_row(
        _COVERAGE,
        "appointments of a half that is called the whole",
        "patients_at_open_practices = 2 * patients_at_open_practices",
        "true",
        "registered_people_are_the_lists",
        view=True,
    ),
    in_one_row(
        _COVERAGE,
        "appointments of other practices than our denominator",
        "patients_at_included_practices = patients_at_included_practices // 2",
        "true",
        "included_people_are_the_denominator",
        view=True,
    ),
    in_one_row(
        "staging.stg_pcnwf_staff",
        "two full-time posts of one person",
        "fte = 2",
        "data_source = 'NWRS Staff'",
        "one_person_is_not_more_than_one_and_a_half",
    ),
)
