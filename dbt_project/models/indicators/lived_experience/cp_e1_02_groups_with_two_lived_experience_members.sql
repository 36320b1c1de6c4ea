-- One seat alone among many is a token (Arnstein): two are counted.
with active_groups as (
    select * from {{ ref('int_decision_groups') }}
    where is_active
),

organisations as (
    select
        org_code,
        period_start,
        period_end,
        count(case when is_deciding then 1 end) as deciding_groups,
        count(case when is_deciding and lived_experience_seats >= 2 then 1 end)
            as groups_with_two,
        count(case when is_deciding and not has_seat_roster then 1 end) as groups_without_roster,
        {{ joined_distinct('group_edition_id') }}
        || coalesce(',' || {{ joined_distinct('seat_edition_id') }}, '') as edition_ids
    from active_groups
    group by org_code, period_start, period_end
),

with_state as (
    select
        *,
        case
            when deciding_groups = 0 then 'not_applicable'
            when groups_without_roster > 0 then 'not_available'
            when groups_with_two = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when deciding_groups = 0
                then 'no group of the organisation decides'
            when groups_without_roster > 0
                then 'no roster of seats was sent for the quarter'
        end as value_reason
    from organisations
)

select
    {{ indicator_columns(
        'CP-E1-02',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'decision_groups'",
        numerator="case when value_state in ('reported', 'zero') then groups_with_two end",
        denominator="case when value_state in ('reported', 'zero') then deciding_groups end",
        value_state='value_state',
        value_reason='value_reason',
        dq_flags='null',
        edition_ids='edition_ids'
    ) }}
from with_state
