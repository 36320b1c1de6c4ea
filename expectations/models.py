"""Rules on staging and intermediate models that carry a rule of the field, not only a key."""

from __future__ import annotations

from expectations.rules import NoRows, Rule

_QUESTIONS = "intermediate.int_survey_questions"
_BASES = "intermediate.int_survey_effective_bases"
_LISTS = "staging.stg_reg_list_sizes"
_APPOINTMENTS = "staging.stg_gpad_coverage"
_SHOW = ("area_type", "area_code", "question", "survey_year")


def model_rules() -> list[Rule]:
    """Every rule on a model below the marts."""
    return [*_survey_rules(), *_list_size_rules(), *_appointment_rules()]


def _survey_rules() -> list[Rule]:
    return [
        NoRows(
            table=_QUESTIONS,
            name="headline_is_its_quotient",
            description="the printed share is the positive count over its base",
            owner="primary care analytics",
            reason="2026-11-23: holds to 1e-6 for every level of the files of 2025",
            query=(
                f"select * from {_QUESTIONS} where headline_proportion is not null "
                "and headline_weighted_count is not null and headline_weighted_base > 0 "
                "and abs(headline_weighted_count / headline_weighted_base - headline_proportion) "
                "> 1e-6"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table=_QUESTIONS,
            name="bases_are_nested",
            description="those counted for the headline are among those who answered",
            owner="primary care analytics",
            query=(
                f"select * from {_QUESTIONS} where headline_unweighted_base > full_unweighted_base"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table=_QUESTIONS,
            name="printed_limits_are_ordered",
            description="printed lower limit, share and upper limit are in order",
            owner="primary care analytics",
            query=(
                f"select * from {_QUESTIONS} where printed_lower_95 > headline_proportion "
                "or printed_upper_95 < headline_proportion"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table=_QUESTIONS,
            name="shares_are_proportions",
            description="every printed share lies between 0 and 1",
            owner="primary care analytics",
            query=(
                f"select * from {_QUESTIONS} where headline_proportion > 1 "
                "or option_1_proportion > 1 or option_2_proportion > 1 or option_3_proportion > 1"
            ),
            identify_by=_SHOW,
        ),
        NoRows(
            table=_BASES,
            name="recovered_bases_are_credible",
            description="nine in ten recovered ratios of practices lie between 0.2 and 1",
            severity="warning",
            owner="primary care analytics",
            reason=(
                "2026-11-23: the correction of practice limits was derived on the files of 2025; "
                "where this fails, set gpps_practice_weight_correction to false and look"
            ),
            query=(
                "select edition_id, share from (select edition_id, "
                "avg(case when effective_base_ratio between 0.2 and 1 then 1.0 else 0.0 end) "
                f"as share from {_BASES} where area_type = 'practice' group by edition_id) "
                "as shares where share < 0.9"
            ),
            identify_by=("edition_id", "share"),
        ),
    ]


def _list_size_rules() -> list[Rule]:
    return [
        NoRows(
            table=_LISTS,
            name="england_adds_up",
            description="registered patients of a whole real edition are 55 to 70 million",
            severity="warning",
            owner="reference data",
            reason="2026-11-23: 60,606,345 in January 2021, 63,766,671 in 2024/25",
            query=(
                "select snapshot_date, patients from (select lists.snapshot_date, "
                f"sum(lists.registered_patients) as patients from {_LISTS} as lists "
                "join ledger.editions as editions on lists.edition_id = editions.edition_id "
                "where editions.coverage = 'whole' and not editions.is_synthetic "
                "group by lists.snapshot_date) as totals "
                "where patients not between 55000000 and 70000000"
            ),
            identify_by=("snapshot_date", "patients"),
        ),
        NoRows(
            table=_LISTS,
            name="no_sudden_jump",
            description="no practice's list changes by more than a fifth between snapshots",
            severity="warning",
            owner="reference data",
            reason="2026-11-23: most often a merger; values before and after do not compare",
            query=(
                "select practice_code, snapshot_date from (select practice_code, snapshot_date, "
                "registered_patients, lag(registered_patients) over (partition by practice_code "
                f"order by snapshot_date) as previous from {_LISTS}) as steps "
                "where abs(registered_patients - previous) > 0.2 * previous"
            ),
            identify_by=("practice_code", "snapshot_date"),
        ),
    ]


def _appointment_rules() -> list[Rule]:
    reason = "2026-11-26: lists are up to a year old, and a year moves most by 1 to 2 %"
    return [
        NoRows(
            table=_APPOINTMENTS,
            name="registered_people_are_the_lists",
            description="people registered at open practices are the lists of the location, to 5 %",
            severity="warning",
            owner="primary care analytics",
            reason=reason,
            query=(
                "select coverage.sub_icb_code, coverage.appointment_month, "
                "coverage.patients_at_open_practices, lists.registered_patients "
                f"from {_APPOINTMENTS} as coverage "
                "join intermediate.int_area_list_sizes as lists "
                "on lists.area_type = 'sub_icb' and lists.area_code = coverage.sub_icb_code "
                "and lists.month_start = coverage.appointment_month "
                "where abs(coverage.patients_at_open_practices - lists.registered_patients) "
                "> 0.05 * lists.registered_patients"
            ),
            identify_by=("sub_icb_code", "appointment_month"),
        ),
        NoRows(
            table=_APPOINTMENTS,
            name="included_people_are_the_denominator",
            description="people registered at included practices are our denominator, to 5 %",
            severity="warning",
            owner="primary care analytics",
            reason=reason,
            query=(
                "select coverage.sub_icb_code, coverage.appointment_month, "
                "coverage.patients_at_included_practices, ours.denominator "
                f"from {_APPOINTMENTS} as coverage "
                "join intermediate.int_rolled_up_practices as ours "
                "on ours.indicator_id = 'PC-SP-06' and ours.area_type = 'sub_icb' "
                "and ours.hierarchy_basis = 'as_was' and ours.area_code = coverage.sub_icb_code "
                "and ours.period_start = coverage.appointment_month "
                "where abs(coverage.patients_at_included_practices - ours.denominator) "
                "> 0.05 * coverage.patients_at_included_practices"
            ),
            identify_by=("sub_icb_code", "appointment_month"),
        ),
    ]
