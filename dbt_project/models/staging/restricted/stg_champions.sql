with source as (
    select * from {{ source('restricted', 'champions') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        trim(champion_id) as champion_id,
        upper(trim(practice_code)) as practice_code,
        {{ parse_date('substr(trim(started_on), 1, 10)', ['%Y-%m-%d']) }} as started_on,
        {{ parse_date('substr(trim(ended_on), 1, 10)', ['%Y-%m-%d']) }} as ended_on,
        nullif(lower(trim(status)), '') as status
    from source
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    champion_id,
    practice_code,
    started_on,
    ended_on,
    status
from typed
