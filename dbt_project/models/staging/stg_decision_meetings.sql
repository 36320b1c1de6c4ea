with source as (
    select * from {{ source('raw', 'decision_meetings') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(meeting_id) as meeting_id,
        trim(group_id) as group_id,
        {{ parse_date('substr(trim(held_on), 1, 10)', ['%Y-%m-%d']) }} as held_on,
        cast(try_cast(trim(seats_present) as double) as bigint) as seats_present,
        cast(try_cast(trim(le_present) as double) as bigint) as le_present,
        cast(try_cast(trim(agenda_items) as double) as bigint) as agenda_items,
        cast(try_cast(trim(le_led_items) as double) as bigint) as le_led_items,
        cast(try_cast(trim(decisions) as double) as bigint) as decisions,
        cast(try_cast(trim(le_influenced_decisions) as double) as bigint) as le_influenced_decisions
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, meeting_id
            order by
                period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    meeting_id,
    group_id,
    held_on,
    seats_present,
    le_present,
    agenda_items,
    le_led_items,
    decisions,
    le_influenced_decisions
from newest_first
where nth = 1
