"""Rules on staging models of what boards and programmes submit: parts and wholes, dates, keys."""

from __future__ import annotations

from expectations.rules import NoRows, Rule
from expectations.staging_rule import broken_where, warning_of


def staging_local_rules() -> list[Rule]:
    """Every rule on a staging model of what is submitted."""
    referrals = "restricted.stg_sp_referrals"
    return [
        broken_where(
            "staging.stg_decision_meetings",
            "influence_is_part_of_decisions",
            "decisions that lived experience influenced are among the decisions",
            "le_influenced_decisions > decisions or le_present > seats_present "
            "or le_led_items > agenda_items",
            "edition_id",
            "meeting_id",
        ),
        broken_where(
            "staging.stg_engagement_records",
            "lived_experience_is_among_participants",
            "participants with lived experience are among the participants",
            "le_participants_n > participants_n or ended_on < started_on",
            "edition_id",
            "org_code",
        ),
        broken_where(
            "staging.stg_champion_sessions",
            "hours_and_attendances_are_counts",
            "hours and attendances of a session are not negative",
            "champion_hours < 0 or attendances < 0",
            "edition_id",
            "practice_code",
        ),
        broken_where(
            "staging.stg_staff_survey",
            "positive_answers_are_answers",
            "those who answered so are among those who answered",
            "n_positive > n_base or n_positive < 0",
            "edition_id",
            "org_code",
        ),
        broken_where(
            "staging.stg_staff_training",
            "trained_are_eligible",
            "those who completed a course are not fewer than none, nor more than could",
            "completed_n < 0 or completed_n > eligible_n",
            "edition_id",
            "org_code",
        ),
        broken_where(
            "staging.stg_grants",
            "grants_are_not_negative",
            "a grant is not less than nothing",
            "amount_awarded < 0",
            "edition_id",
            "grant_id",
        ),
        NoRows(
            table=referrals,
            name="key_is_unique",
            description="one row per submitter and referral",
            owner="data engineering",
            query=(
                f"select edition_id from {referrals} group by submitter_org_id, referral_id, "
                "edition_id having count(*) > 1"
            ),
            identify_by=("edition_id",),
        ),
        _not_before_the_referral("restricted.stg_sp_contacts", "contact_date"),
        _not_before_the_referral("restricted.stg_sp_support", "offered_date"),
        broken_where(
            "staging.stg_oruk_services",
            "services_are_on_these_islands",
            "a service stands between 49 and 61 degrees north and 9 west and 2 east",
            "latitude not between 49 and 61 or longitude not between -9 and 2",
            "edition_id",
            "service_id",
            severity="warning",
            reason="the United Kingdom's own extent; swapped coordinates are elsewhere",
        ),
        broken_where(
            "restricted.stg_timebank_exchanges",
            "nobody_gives_to_oneself",
            "who gives an hour is another person than who receives it",
            "giver_key = receiver_key",
            "edition_id",
            severity="warning",
        ),
        warning_of(
            "restricted.stg_decision_seats",
            "seats_are_held_while_their_group_exists",
            "a seat's group was submitted too and had not ended when the seat began",
            "select seats.edition_id from restricted.stg_decision_seats as seats "
            "where not exists (select 1 from staging.stg_decision_groups as decision_groups "
            "where decision_groups.submitter_org_id = seats.submitter_org_id "
            "and decision_groups.group_id = seats.group_id "
            "and (seats.seat_from <= decision_groups.active_to "
            "or seats.seat_from is null or decision_groups.active_to is null))",
            "edition_id",
            reason="a seat counts in the share of its group, and in none without one",
            owner="data engineering",
        ),
    ]


def _not_before_the_referral(table: str, day: str) -> Rule:
    # The edition alone is shown: numbers of referrals are not.
    return warning_of(
        table,
        "not_before_the_referral",
        "nothing is done for a referral before the day it was made",
        f"select rows.edition_id from {table} as rows "
        "join restricted.stg_sp_referrals as referrals "
        "on referrals.submitter_org_id = rows.submitter_org_id "
        "and referrals.referral_id = rows.referral_id "
        f"where rows.{day} < referrals.referral_date",
        "edition_id",
        reason="DOMAIN 3.7: referral, contact, plan and close follow each other",
        owner="data engineering",
    )
