"""Rules on one edition of what others are counted by: people, practices, staff, deprivation."""

from __future__ import annotations

from expectations.edition_rule import EditionTable, all_are_there, number
from expectations.rules import Rule

# Roles that indicators are made of, spelt as published: under another name nobody would have them.
ROLES = ("social prescribing link workers", "care coordinators", "health and wellbeing coaches")

# -- registered people (DOMAIN 2.4) ------------------------------------------------------------


def age_band_rules(edition: EditionTable) -> list[Rule]:
    """Rules on registered people by five-year age band (DOMAIN 2.4)."""
    if not edition.is_whole:
        return []
    patients = number("patients")
    figures = ", ".join(
        f"sum({patients}) filter (where {condition}) as {name}"
        for name, condition in (
            ("everybody", "sex = 'ALL' and age_band = 'ALL'"),
            ("both_sexes", "sex in ('MALE', 'FEMALE') and age_band = 'ALL'"),
            ("all_ages", "sex in ('MALE', 'FEMALE') and age_band <> 'ALL'"),
        )
    )
    return [
        edition.must_not_find(
            "women_and_men_are_all",
            "women and men of every practice, and their age bands, add up to its total",
            f"select * from (select organisation_code, {figures} from {edition.table} "
            "group by organisation_type, organisation_code) as totals "
            "where both_sexes <> everybody or all_ages <> both_sexes",
            "organisation_code",
            reason="DOMAIN 2.4: male + female = all",
        )
    ]


def single_age_rules(edition: EditionTable) -> list[Rule]:
    """Rules on registered people by single year of age (DOMAIN 2.4)."""
    if not edition.is_whole:
        return []
    patients = number("patients")
    return [
        edition.must_not_find(
            "ages_are_all",
            "single years of age of women and of men add up to their total",
            "select * from (select organisation_code, sex, "
            f"sum({patients}) filter (where age = 'ALL') as everybody, "
            f"sum({patients}) filter (where age <> 'ALL') as all_ages "
            f"from {edition.table} group by organisation_type, organisation_code, sex) as totals "
            "where all_ages <> everybody",
            "organisation_code",
            "sex",
            reason="DOMAIN 2.4: totals stand beside the parts",
        )
    ]


def small_area_rules(edition: EditionTable) -> list[Rule]:
    """Rules on registered people by small area (DOMAIN 2.4)."""
    if not edition.is_whole:
        return []
    patients = number("patients")
    return [
        edition.must_not_find(
            "women_and_men_are_all",
            "where women and men come in files of their own, they add up to all, by practice",
            "select * from (select practice_code, "
            f"sum({patients}) filter (where sex = 'ALL') as everybody, "
            f"sum({patients}) filter (where sex = 'FEMALE') as women, "
            f"sum({patients}) filter (where sex = 'MALE') as men "
            f"from {edition.table} group by practice_code) as totals "
            "where women + men <> everybody",
            "practice_code",
            reason="DOMAIN 2.4: male + female = all",
        )
    ]


# -- organisations and workforce (DOMAIN 2.5, 2.6) ---------------------------------------------


def directory_rules(edition: EditionTable) -> list[Rule]:
    """Rules on the directory of practices (DOMAIN 2.5 and 8.1)."""
    return [
        edition.must_not_find(
            "practice_code_has_its_form",
            "codes of active English practices are a letter other than I, O, U, Z and five digits",
            f"select * from {edition.table} where trim(prescribing_setting) = '4' "
            "and trim(status_code) = 'A' and coalesce(trim(region_code), '') <> 'W00' "
            r"and not regexp_full_match(trim(practice_code), '[A-HJ-NPV-Y]\d{5}')",
            "source_row_number",
            "practice_code",
            reason="DOMAIN 8.1: all 6,965 of November 2021 and 6,750 of December 2023 (2026-11-26)",
            severity="warning",
        )
    ]


def workforce_rules(edition: EditionTable) -> list[Rule]:
    """Rules on a census of the network workforce (DOMAIN 2.6)."""
    rules = [
        edition.must_not_find(
            "only_people_have_identifiers",
            "directly employed staff have an identifier, contracted services have none",
            f"select * from {edition.table} where (trim(data_source) = 'NWRS Staff') "
            "<> (unique_identifier is not null)",
            "source_row_number",
            reason="DOMAIN 2.6: headcounts are of identifiers; holds for all six censuses held "
            "(2026-11-26)",
            severity="warning",
        )
    ]
    if edition.is_whole:
        rules.append(
            all_are_there(
                edition,
                "roles_are_there",
                "the roles that indicators are made of are in the census",
                "staff_role",
                ROLES,
                "lower(trim(staff_role))",
                "DOMAIN 2.6: exact strings, in all six censuses held from December 2020 on "
                "(2026-11-26); renamed, every network would have nobody",
                f"(select max(try_cast(census_year as integer) * 100 "
                f"+ try_cast(census_month as integer)) from {edition.table}) >= 202012",
            )
        )
    return rules


# -- deprivation (DOMAIN 2.8) ------------------------------------------------------------------


def deprivation_rules(edition: EditionTable) -> list[Rule]:
    """Rules on the Indices of Deprivation (DOMAIN 2.8)."""
    ordered = (
        "select source_row_number, score, decile, "
        "lag(score) over in_order as score_before, lag(decile) over in_order as decile_before "
        f"from (select source_row_number, {number('imd_score')} as score, "
        f"{number('imd_rank')} as rank_held, {number('imd_decile')} as decile "
        f"from {edition.table}) as areas window in_order as (order by rank_held, score desc)"
    )
    return [
        edition.must_not_find(
            "ranks_follow_scores",
            "rank 1 and decile 1 are the most deprived, which have the highest scores",
            f"select source_row_number from ({ordered}) as areas "
            "where score > score_before + 1e-9 or decile < decile_before",
            "source_row_number",
            reason="DOMAIN 2.8: turned round, the least deprived would be called the most",
        )
    ]
