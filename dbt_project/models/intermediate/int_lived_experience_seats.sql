-- Counts only, so that representation can be looked at without rows about persons. Whoever reads
-- them adds up organisations before anything is shown: ten people or more (DOMAIN 7.3).
with seats_of_rosters as (
    select
        *,
        {{ first_of_quarter('period_end') }} as quarter_start,
        {{ last_of_quarter('period_end') }} as quarter_end
    from {{ ref('stg_decision_seats') }}
),

newest_seats as (
    select
        *,
        max(period_end) over (partition by submitter_org_id, quarter_end) as newest_period_end
    from seats_of_rosters
),

active_groups as (
    select * from {{ ref('int_decision_groups') }}
    where is_active
)

select
    active_groups.org_code as organisation_code,
    active_groups.period_start,
    active_groups.period_end,
    coalesce(newest_seats.ethnic_group, 'not_stated') as ethnic_group,
    count(
        case when coalesce(newest_seats.ethnic_group, 'not_stated') <> 'not_stated' then 1 end
    ) as seats_stated,
    count(*) as seats_filled,
    {{ joined_distinct('newest_seats.edition_id') }} as edition_ids
from newest_seats
inner join active_groups
    on
        newest_seats.submitter_org_id = active_groups.submitter_org_id
        and newest_seats.group_id = active_groups.group_id
        and newest_seats.quarter_end = active_groups.period_end
where
    newest_seats.period_end = newest_seats.newest_period_end
    and newest_seats.seat_type = 'lived_experience'
    and newest_seats.filled
    and newest_seats.seat_from <= newest_seats.quarter_end
    and (newest_seats.seat_to is null or newest_seats.seat_to >= newest_seats.quarter_end)
group by
    active_groups.org_code,
    active_groups.period_start,
    active_groups.period_end,
    coalesce(newest_seats.ethnic_group, 'not_stated')
