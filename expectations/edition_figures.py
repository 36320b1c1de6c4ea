"""Rules on what the figures of one published edition say together: survey, counts, budgets."""

from __future__ import annotations

from expectations.edition_rule import EditionTable, all_are_there, number
from expectations.rules import Rule

# Indicators of the Network Contract DES that count people out of those who are registered or in a
# care home (seed ncdes_concordance). Those out of a caseload are left out: who was seen since
# April may have left it (DOMAIN 2.2.4).
SHARES_OF_PEOPLE = (
    *("NCD001", "PC01", "NCDMI004", "NCDMI063", "NCDMI001", "PC14", "NCDMI002", "PC15"),
    *("NCDMI003", "PC17", "NCDMI064", "NCD018", "EHCH02", "NCDMI040", "NCDMI042", "NCDMI153"),
    *("NCDMI155", "NCDMI157", "PR001", "PR002"),
)
# Categories of appointments that indicators are made of, spelt as published: under another name
# they would count as none.
CATEGORIES = (
    "Social Prescribing Service",
    "Group Consultation and Group Education",
    "Care Home Needs Assessment & Personalised Care and Support Planning",
)
# A question that only those are asked who said yes to another.
_ROUTED = (
    ("healthcareplan", "healthconversation"),
    ("healthcareplanhelpful", "healthcareplan"),
    ("localgpservicesprefhpsee", "localgpservicesprefhp"),
)


# -- GP Patient Survey (DOMAIN 2.1.6) ----------------------------------------------------------


def survey_rules(edition: EditionTable) -> list[Rule]:
    """Rules on one level of the GP Patient Survey, area by area (DOMAIN 2.1.6)."""
    rules = [
        edition.must_not_find(
            name,
            description,
            f"select * from ({_answers(edition.table)}) as answers where {condition}",
            "source_row_number",
            "question",
            reason=reason,
        )
        for name, description, condition, reason in (
            (
                "headline_is_its_quotient",
                "the printed share is the positive count over its base",
                "headline_weighted_base > 0 "
                "and abs(headline_weighted_count / headline_weighted_base - headline) > 1e-6",
                "2026-11-23: holds to 1e-6 for every level of the files of 2025",
            ),
            (
                "bases_are_nested",
                "those counted for the headline are among those who answered",
                "headline_base > full_base",
                "DOMAIN 2.1.6; holds for every row of the files of 2025 (2026-11-26)",
            ),
            (
                "answers_come_on_forms",
                "no more people answered a question than sent a form back",
                "full_base > forms_received",
                "DOMAIN 2.1.6; holds for every row of the files of 2025 (2026-11-26)",
            ),
            (
                "limits_hold_the_share",
                "a printed share lies within its printed limits",
                "lower_95 > headline or upper_95 < headline",
                "DOMAIN 2.1.6; holds for every row of the files of 2025 (2026-11-26)",
            ),
        )
    ]
    asked = ", ".join(f"('{question}', '{after}')" for question, after in _ROUTED)
    rules.append(
        edition.must_not_find(
            "routed_answers_are_of_those_asked",
            "no more people answer a question than said yes to the one that leads to it",
            f"with answers as ({_answers(edition.table)}) "
            "select routed.source_row_number, routed.question from answers as routed "
            f"join (values {asked}) as asked (question, after_yes) "
            "on routed.question = asked.question "
            "join answers as before on before.question = asked.after_yes "
            "and before.source_row_number = routed.source_row_number "
            "where routed.full_weighted_base > 1.001 * before.first_option",
            "source_row_number",
            "question",
            reason="DOMAIN 2.1.3: 0.91 to 1.00 of them in every row of the files of 2025 "
            "(2026-11-26); more, and the routing has changed and with it what a share means",
            severity="warning",
        )
    )
    return rules


def _answers(table: str) -> str:
    """SQL of one row per area and question, with the figures that belong together."""
    measures = {
        "headline_weighted_count": "counteval",
        "headline": "pcteval",
        "lower_95": "lowileval",
        "upper_95": "hiwileval",
        "full_base": "basefulluw",
        "full_weighted_base": "basefullw",
        "headline_base": "baseevaluw",
        "headline_weighted_base": "baseevalw",
    }
    figures = ", ".join(
        f"max(published) filter (where measure = '{measure}') as {name}"
        for name, measure in measures.items()
    )
    return (
        f"select source_row_number, question, max(forms) as forms_received, {figures}, "
        "max(published) filter (where measure = 'count' and answer_option = '1') as first_option "
        "from (select source_row_number, question, measure, answer_option, "
        f"{number('published_value')} as published, {number('forms_received')} as forms "
        f"from {table}) as cells group by source_row_number, question"
    )


# -- counts of practices (DOMAIN 2.2.4, 2.3, 2.9) ----------------------------------------------


def network_service_rules(edition: EditionTable) -> list[Rule]:
    """Rules on a month of the Network Contract DES (DOMAIN 2.2.2 and 2.2.4)."""
    shares = ", ".join(f"'{code}'" for code in SHARES_OF_PEOPLE)
    pairs = (
        "select trim(practice_code) as practice_code, trim(indicator_code) as indicator_code, "
        "trim(achievement_date) as achievement_date, "
        f"max({number('value')}) filter (where lower(trim(measure)) = 'numerator') as numerator, "
        f"max({number('value')}) filter (where lower(trim(measure)) = 'denominator') "
        f"as denominator from {edition.table} where trim(indicator_code) in ({shares}) "
        "group by all"
    )
    return [
        edition.must_not_find(
            "numerator_is_part_of_denominator",
            "those counted are among those they are counted out of",
            f"select * from ({pairs}) as pairs where numerator > denominator",
            "practice_code",
            "indicator_code",
            reason="DOMAIN 2.2.4: rates of a caseload are left out",
            severity="warning",
        ),
        edition.must_not_find(
            "numerators_are_mostly_part_of_denominators",
            "at most 1 % of the counts are larger than what they are counted out of",
            "select share from (select count(*) filter (where numerator > denominator) * 1.0 "
            f"/ nullif(count(*), 0) as share from ({pairs}) as pairs "
            "where numerator is not null and denominator is not null) as shares "
            "where share > 0.01",
            "share",
            reason="2026-11-26: beyond a slip of a practice or two, columns were swapped",
        ),
        edition.must_not_find(
            "numerators_are_not_hidden",
            "the publisher hides no numerator, only adjustments and denominators",
            f"select * from {edition.table} "
            "where lower(trim(measure)) = 'numerator' and trim(value) = '*'",
            "source_row_number",
            reason="DOMAIN 2.2.2; where this changed, look at what we hide ourselves",
            severity="warning",
        ),
    ]


def outcomes_framework_rules(edition: EditionTable) -> list[Rule]:
    """Rules on a year of the Quality and Outcomes Framework (DOMAIN 2.3)."""
    return [
        edition.must_not_find(
            "numerator_is_part_of_denominator",
            "those who reached an indicator are among those who could",
            "select * from (select trim(practice_code) as practice_code, "
            "trim(indicator_code) as indicator_code, "
            f"max({number('value')}) filter (where trim(measure) = 'NUMERATOR') as numerator, "
            f"max({number('value')}) filter (where trim(measure) = 'DENOMINATOR') as denominator "
            f"from {edition.table} group by all) as pairs where numerator > denominator",
            "practice_code",
            "indicator_code",
            reason="DOMAIN 2.3: achievement is numerator over denominator",
        )
    ]


def appointment_rules(edition: EditionTable) -> list[Rule]:
    """Rules on a month of appointments (DOMAIN 2.9)."""
    if not edition.is_whole:
        return []
    return [
        all_are_there(
            edition,
            "categories_are_there",
            "the categories that indicators are made of are in the file",
            "national_category",
            CATEGORIES,
            "trim(national_category)",
            "DOMAIN 2.9: exact strings; renamed, every practice would have no such appointment",
        )
    ]


# -- personal health budgets (DOMAIN 2.7) ------------------------------------------------------


def budget_rules(edition: EditionTable) -> list[Rule]:
    """Rules on a quarter of personal health budgets (DOMAIN 2.7)."""
    rules = []
    for name, parts, share in (
        ("adults_and_children", ("adult", "cyp"), 0.01),
        ("ways_of_holding", ("dp", "notional", "third_party"), 0.02),
    ):
        figures = "".join(
            f", max({number('value')}) filter (where trim(measure) = '{part}') as {part}"
            for part in parts
        )
        budgets = (
            "select trim(org_code) as org_code, "
            f"max({number('value')}) filter (where trim(measure) = 'phb_total') as phb_total"
            f"{figures} from {edition.table} group by 1"
        )
        added = " + ".join(parts)
        said = f"{', '.join(parts)} add up to the total, to {share:.0%}"
        rules += [
            edition.must_not_find(
                f"{name}_are_all",
                said,
                f"select * from ({budgets}) as budgets "
                f"where abs({added} - phb_total) > {share} * phb_total",
                "org_code",
                reason="DOMAIN 2.7",
                severity="warning",
            ),
            edition.must_not_find(
                f"{name}_are_all_together",
                f"over all boards that give every part, {said}",
                f"select whole from (select sum(phb_total) as whole, sum({added}) as parts "
                f"from ({budgets}) as budgets where {added} + phb_total is not null) as sums "
                f"where abs(parts - whole) > {share} * whole",
                "whole",
                reason="DOMAIN 2.7: one board may slip; all together, columns are mixed up",
            ),
        ]
    return [
        *rules,
        edition.must_not_find(
            "there_was_a_collection",
            "nothing was collected in 2020/21",
            f"select * from {edition.table} where trim(period_fy) = '2020/21'",
            "source_row_number",
            reason="DOMAIN 2.7: whoever finds a file of that year has its period wrong",
        ),
        edition.must_not_find(
            "level_is_that_of_its_time",
            "counts are of CCGs to the first quarter of 2022/23 and of boards since",
            f"select * from {edition.table} where (trim(org_level) = 'ccg') "
            "<> (trim(period_fy) || trim(quarter) <= '2022/231')",
            "source_row_number",
            reason="DOMAIN 2.7",
            severity="warning",
        ),
    ]
