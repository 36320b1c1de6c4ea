-- Seats on every active group, whether it decides or advises.
with active_groups as (
    select * from {{ ref('int_decision_groups') }}
    where is_active
),

organisations as (
    select
        org_code,
        period_start,
        period_end,
        cast(sum(lived_experience_seats) as bigint) as seats,
        cast(sum(lived_experience_seats_offered_payment) as bigint) as seats_offered,
        cast(
            sum(lived_experience_seats_payment_not_recorded) as bigint
        ) as seats_not_recorded,
        count(case when not has_seat_roster then 1 end) as groups_without_roster,
        {{ joined_distinct('group_edition_id') }}
        || coalesce(',' || {{ joined_distinct('seat_edition_id') }}, '') as edition_ids
    from active_groups
    group by org_code, period_start, period_end
),

with_state as (
    select
        *,
        case
            when seats = 0 and groups_without_roster = 0 then 'not_applicable'
            when groups_without_roster > 0 then 'not_available'
            when seats_offered = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when seats = 0 and groups_without_roster = 0
                then 'nobody with lived experience holds a seat'
            when groups_without_roster > 0
                then 'no roster of seats was sent for the quarter'
        end as value_reason
    from organisations
)

select
    {{ indicator_columns(
        'CP-E1-05',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'decision_groups'",
        numerator="case when value_state in ('reported', 'zero') then seats_offered end",
        denominator="case when value_state in ('reported', 'zero') then seats end",
        value_state='value_state',
        value_reason='value_reason',
        dq_flags="case when seats_not_recorded > 0 then 'payment_not_recorded' end",
        edition_ids='edition_ids'
    ) }}
from with_state
