-- Groups at the end of each quarter with their seats counted. The newest roster of a submitter in a
-- quarter holds; of a quarter without a roster nothing is known.
with groups_of_rosters as (
    select
        *,
        {{ first_of_quarter('period_end') }} as quarter_start,
        {{ last_of_quarter('period_end') }} as quarter_end
    from {{ ref('stg_decision_groups') }}
),

seats_of_rosters as (
    select
        *,
        {{ first_of_quarter('period_end') }} as quarter_start,
        {{ last_of_quarter('period_end') }} as quarter_end
    from {{ ref('stg_decision_seats') }}
),

newest_groups as (
    select
        *,
        max(period_end) over (partition by submitter_org_id, quarter_end) as newest_period_end
    from groups_of_rosters
),

newest_seats as (
    select
        *,
        max(period_end) over (partition by submitter_org_id, quarter_end) as newest_period_end
    from seats_of_rosters
),

held_seats as (
    select
        *,
        seat_type = 'lived_experience' as is_lived_experience
    from newest_seats
    where
        period_end = newest_period_end
        and filled
        and seat_from <= quarter_end
        and (seat_to is null or seat_to >= quarter_end)
),

seat_counts as (
    select
        submitter_org_id,
        group_id,
        quarter_end,
        count(case when voting then 1 end) as voting_seats,
        count(case when voting and is_lived_experience then 1 end)
            as voting_lived_experience_seats,
        count(case when is_lived_experience then 1 end) as lived_experience_seats,
        count(
            case
                when
                    is_lived_experience
                    and remuneration in ('paid', 'expenses', 'offered_declined')
                    then 1
            end
        ) as lived_experience_seats_offered_payment,
        count(case when is_lived_experience and remuneration is null then 1 end)
            as lived_experience_seats_payment_not_recorded
    from held_seats
    group by submitter_org_id, group_id, quarter_end
),

seat_rosters as (
    select
        submitter_org_id,
        quarter_end,
        max(edition_id) as edition_id
    from newest_seats
    where period_end = newest_period_end
    group by submitter_org_id, quarter_end
)

select
    newest_groups.submitter_org_id,
    newest_groups.group_id,
    newest_groups.org_code,
    newest_groups.org_level,
    newest_groups.quarter_start as period_start,
    newest_groups.quarter_end as period_end,
    newest_groups.decision_right = 'decides' as is_deciding,
    newest_groups.active_from <= newest_groups.quarter_end
    and (
        newest_groups.active_to is null or newest_groups.active_to >= newest_groups.quarter_end
    ) as is_active,
    seat_rosters.edition_id is not null as has_seat_roster,
    {%- for name in [
        'voting_seats', 'voting_lived_experience_seats', 'lived_experience_seats',
        'lived_experience_seats_offered_payment', 'lived_experience_seats_payment_not_recorded',
    ] %}
    case when seat_rosters.edition_id is not null then coalesce(seat_counts.{{ name }}, 0) end
        as {{ name }},
    {%- endfor %}
    newest_groups.edition_id as group_edition_id,
    seat_rosters.edition_id as seat_edition_id
from newest_groups
left join seat_rosters
    on
        newest_groups.submitter_org_id = seat_rosters.submitter_org_id
        and newest_groups.quarter_end = seat_rosters.quarter_end
left join seat_counts
    on
        newest_groups.submitter_org_id = seat_counts.submitter_org_id
        and newest_groups.group_id = seat_counts.group_id
        and newest_groups.quarter_end = seat_counts.quarter_end
where newest_groups.period_end = newest_groups.newest_period_end
