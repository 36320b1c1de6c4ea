"""Rules on intermediate models that carry a rule of the field, not only a key."""

from __future__ import annotations

from expectations.rules import NoRows, NoRowsWhere, Rule

_QUESTIONS = "intermediate.int_survey_questions"
_BASES = "intermediate.int_survey_effective_bases"
_SHOW = ("area_type", "area_code", "question", "survey_year")


def intermediate_rules() -> list[Rule]:
    """Every rule on an intermediate model."""
    return [*_survey_rules(), *_count_rules(), *_geography_rules(), *_community_rules()]


def _survey_rules() -> list[Rule]:
    return [
        NoRowsWhere(
            table=_QUESTIONS,
            name="headline_is_its_quotient",
            description="the printed share is the positive count over its base",
            owner="primary care analytics",
            reason="2026-11-23: holds to 1e-6 for every level of the files of 2025",
            condition=(
                "headline_proportion is not null "
                "and headline_weighted_count is not null and headline_weighted_base > 0 "
                "and abs(headline_weighted_count / headline_weighted_base - headline_proportion) "
                "> 1e-6"
            ),
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=_QUESTIONS,
            name="bases_are_nested",
            description="those counted for the headline are among those who answered",
            owner="primary care analytics",
            condition=("headline_unweighted_base > full_unweighted_base"),
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=_QUESTIONS,
            name="printed_limits_are_ordered",
            description="printed lower limit, share and upper limit are in order",
            owner="primary care analytics",
            condition=(
                "printed_lower_95 > headline_proportion or printed_upper_95 < headline_proportion"
            ),
            identify_by=_SHOW,
        ),
        NoRowsWhere(
            table=_QUESTIONS,
            name="shares_are_proportions",
            description="every printed share lies between 0 and 1",
            owner="primary care analytics",
            condition=(
                "headline_proportion > 1 "
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


def _where(
    model: str, name: str, description: str, condition: str, *identify_by: str, reason: str = ""
) -> Rule:
    return NoRowsWhere(
        table=f"intermediate.{model}",
        name=name,
        description=description,
        owner="analytics",
        reason=reason,
        condition=condition,
        identify_by=identify_by,
    )


def _count_rules() -> list[Rule]:
    return [
        _where(
            "int_ncdes_flows",
            "flow_has_a_state",
            "a difference of months stands exactly where its state says so",
            "(flow is not null) <> (value_state in ('reported', 'zero'))",
            "practice_code",
            "indicator_code",
            "period_end",
        ),
        _where(
            "int_ncdes_flows",
            "fall_is_flagged",
            "a count from April that fell is kept and said to have fallen",
            "flow < 0 and coalesce(dq_flags, '') not like '%negative_flow%'",
            "practice_code",
            "indicator_code",
            "period_end",
            reason="DOMAIN 2.2.4: patients leave; the fall is kept",
        ),
        _where(
            "int_ncdes_flows",
            "flow_is_of_its_service",
            "a difference is taken inside one service year only",
            "period_end < service_start or period_start < service_start "
            "or flow_span_months not between 1 and 12",
            "practice_code",
            "indicator_code",
            "period_end",
        ),
        _where(
            "int_ncdes_flows",
            "gap_makes_no_flow",
            "there is no difference over more than a month",
            "flow is not null and flow_span_months <> 1",
            "practice_code",
            "indicator_code",
            "period_end",
            reason="DOMAIN 2.2.4: after a missing month the next flow is null",
        ),
        _where(
            "int_practice_list_sizes",
            "lists_are_not_negative",
            "no list has fewer than no people",
            "registered_patients < 0",
            "practice_code",
        ),
        _where(
            "int_values",
            "value_has_a_state",
            "a value stands exactly where its state says so",
            "value_state is null or (value is not null) <> (value_state in ('reported', 'zero'))",
            "indicator_id",
            "area_type",
            "area_code",
            "period_end",
        ),
        NoRows(
            table="intermediate.int_values",
            name="every_indicator_is_known",
            description="every value is of an indicator of the catalogue",
            owner="analytics",
            query=(
                "select indicator_id from intermediate.int_values where indicator_id not in "
                "(select indicator_id from intermediate.int_indicator_catalogue)"
            ),
            identify_by=("indicator_id",),
        ),
    ]


def _geography_rules() -> list[Rule]:
    return [
        _where(
            "int_practice_parents",
            "dates_are_in_order",
            "a practice does not leave an area before it joined it",
            "to_date < from_date",
            "practice_code",
            "parent_type",
            "from_date",
        ),
        NoRows(
            table="intermediate.int_practice_parents",
            name="one_parent_at_a_time",
            description="on each basis a practice is in one area of a type on any day",
            owner="reference data",
            query=(
                "select practice_code, parent_type from (select practice_code, parent_type, "
                "from_date, lag(to_date) over (partition by hierarchy_basis, practice_code, "
                "parent_type order by from_date, to_date) as left_on "
                "from intermediate.int_practice_parents) as spells where left_on >= from_date"
            ),
            identify_by=("practice_code", "parent_type"),
        ),
        NoRows(
            table="intermediate.int_practice_deprivation",
            name="fifths_are_fifths",
            description="each fifth of practices by deprivation holds 15 to 25 % of them",
            severity="warning",
            owner="reference data",
            reason="2026-11-26: Fingertips quantiles; ties move a practice or two",
            query=(
                "select index_year, deprivation_quintile from ("
                "select index_year, deprivation_quintile, count(*) * 1.0 / sum(count(*)) over "
                "(partition by index_year) as share from intermediate.int_practice_deprivation "
                "where deprivation_quintile is not null group by index_year, deprivation_quintile"
                ") as shares where share not between 0.15 and 0.25"
            ),
            identify_by=("index_year", "deprivation_quintile"),
        ),
    ]


def _community_rules() -> list[Rule]:
    return [
        _where(
            "int_engagement_classes",
            "class_is_no_higher_than_evidence",
            "no record is said to be with people beyond its evidence",
            "class = 'with' and evidence_class in ('to', 'for')",
            "edition_id",
            "org_code",
            "period_end",
            reason="DOMAIN 4.3 and ruling 5",
        ),
        _where(
            "int_engagement_classes",
            "word_of_people_counts",
            "where people call it less than staff, no record is called more than people say",
            "(people_class = 'to' and class in ('for', 'with')) "
            "or (people_class = 'for' and class = 'with')",
            "edition_id",
            "org_code",
            "period_end",
            reason="ruling 5: where people's class is lower than staff's, people's counts",
        ),
        NoRows(
            table="intermediate.int_engagement_classes",
            name="with_has_its_evidence",
            description="what is done with people had some with lived experience, a say and an "
            "outcome on record",
            owner="analytics",
            reason="DOMAIN 4.3 and ruling 5, from the records themselves",
            query=(
                "select classes.edition_id, classes.org_code, classes.period_end "
                "from intermediate.int_engagement_classes as classes "
                "join staging.stg_engagement_records as records "
                "on records.edition_id = classes.edition_id "
                "and records.engagement_id = classes.engagement_id "
                "where classes.class = 'with' and (coalesce(records.le_participants_n, 0) < 1 "
                "or records.le_decision_right not in ('decides', 'shares') "
                "or (records.feedback_date is null and coalesce(records.decision_influenced, '') "
                "not in ('changed', 'confirmed', 'no')))"
            ),
            identify_by=("edition_id", "org_code", "period_end"),
        ),
        _where(
            "int_representation_indices",
            "index_lies_between_0_and_100",
            "similarity and what chance gives lie between 0 and 100, chance in order",
            "similarity_index not between 0 and 100 or chance_index_lower_95 > chance_index_mean "
            "or chance_index_upper_95 < chance_index_mean "
            "or (similarity_index is not null and chance_index_mean is null)",
            "indicator_id",
            "area_type",
            "area_code",
            reason="ruling 7: never without what chance alone gives",
        ),
        _where(
            "int_lived_experience_seats",
            "stated_seats_are_filled_seats",
            "those who state a group are among those who fill a seat",
            "seats_stated > seats_filled or seats_stated < 0",
            "organisation_code",
            "period_end",
        ),
        _where(
            "int_decision_groups",
            "lived_experience_votes_are_votes",
            "voting seats of people with lived experience are among the voting seats",
            "voting_lived_experience_seats > voting_seats "
            "or voting_lived_experience_seats > lived_experience_seats",
            "group_edition_id",
            "period_end",
        ),
        _where(
            "int_champion_practice_months",
            "champions_do_not_gift_negative_hours",
            "hours, sessions and attendances are not negative",
            "champion_hours < 0 or sessions < 0 or attendances < 0 or active_champions < 0 "
            "or sessions_led_with_champions > sessions",
            "practice_code",
            "month_end",
        ),
    ]
