"""Faults in staging models of what boards, programmes and practices submit."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row

_REFERRALS = "restricted.stg_sp_referrals"
_OF_A_REFERRAL = f"referral_id in (select referral_id from {_REFERRALS})"

FAULTS_OF_SUBMISSIONS = (
    by_sql(
        "a referral twice",
        f"insert into {_REFERRALS} select * from {_REFERRALS} order by {{pick}} limit 1",
        f"{_REFERRALS}.key_is_unique",
        view=_REFERRALS,
    ),
    in_one_row(
        "restricted.stg_sp_contacts",
        "a contact before the referral",
        "contact_date = contact_date - interval 20 year",
        _OF_A_REFERRAL,
        "not_before_the_referral",
        view=True,
    ),
    in_one_row(
        "restricted.stg_sp_support",
        "support before the referral",
        "offered_date = offered_date - interval 20 year",
        _OF_A_REFERRAL,
        "not_before_the_referral",
        view=True,
    ),
    by_sql(
        "referrals of a third of the programmes",
        "update staging.stg_practice_counts set value = 3 * value "
        "where measure_concept = 'sp_referred' and counting_basis = 'events_month'",
        "staging.stg_practice_counts.referrals_are_coded",
        view="staging.stg_practice_counts",
    ),
    in_one_row(
        "staging.stg_oruk_services",
        "a service whose latitude and longitude are swapped",
        "latitude = -1.5, longitude = 53.8",
        "true",
        "services_are_on_these_islands",
        view=True,
    ),
    in_one_row(
        "restricted.stg_timebank_exchanges",
        "an hour given to oneself",
        "receiver_key = giver_key",
        "giver_key is not null",
        "nobody_gives_to_oneself",
        view=True,
    ),
    in_one_row(
        "restricted.stg_decision_seats",
        "a seat in a group that nobody submitted",
        "group_id = 'DG9999999'",
        "true",
        "seats_are_held_while_their_group_exists",
        view=True,
    ),
    in_one_row(
        "staging.stg_decision_meetings",
        "more decisions influenced than taken",
        "le_influenced_decisions = decisions + 1",
        "decisions is not null",
        "influence_is_part_of_decisions",
        view=True,
    ),
    in_one_row(
        "staging.stg_engagement_records",
        "more with lived experience than took part",
        "le_participants_n = participants_n + 1",
        "participants_n is not null",
        "lived_experience_is_among_participants",
        view=True,
    ),
    in_one_row(
        "staging.stg_champion_sessions",
        "a session of less than no hours",
        "champion_hours = -1",
        "true",
        "hours_and_attendances_are_counts",
        view=True,
    ),
    in_one_row(
        "staging.stg_staff_survey",
        "more staff said so than answered",
        "n_positive = n_base + 1",
        "n_base is not null",
        "positive_answers_are_answers",
        view=True,
    ),
    in_one_row(
        "staging.stg_staff_training",
        "more staff trained than there are",
        "completed_n = eligible_n + 1",
        "eligible_n is not null",
        "trained_are_eligible",
        view=True,
    ),
    in_one_row(
        "staging.stg_grants",
        "a grant that takes",
        "amount_awarded = -1",
        "true",
        "grants_are_not_negative",
        view=True,
    ),
)
