with source as (
    select * from {{ source('raw', 'champion_sessions') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(session_id) as session_id,
        upper(trim(practice_code)) as practice_code,
        nullif(lower(trim(activity_type)), '') as activity_type,
        {{ parse_date('substr(trim(session_date), 1, 10)', ['%Y-%m-%d']) }} as session_date,
        try_cast(trim(champion_hours) as decimal(18, 2)) as champion_hours,
        cast(try_cast(trim(attendances) as double) as bigint) as attendances,
        nullif(lower(trim(led_by)), '') as led_by,
        lower(trim(designed_with_people)) = 'true' as designed_with_people
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, session_id
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
    session_id,
    practice_code,
    activity_type,
    session_date,
    champion_hours,
    attendances,
    led_by,
    designed_with_people
from newest_first
where nth = 1
