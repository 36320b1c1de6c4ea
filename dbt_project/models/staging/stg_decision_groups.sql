with source as (
    select * from {{ source('raw', 'decision_groups') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        trim(group_id) as group_id,
        upper(trim(org_code)) as org_code,
        nullif(lower(trim(org_level)), '') as org_level,
        nullif(lower(trim(group_type)), '') as group_type,
        nullif(lower(trim(decision_right)), '') as decision_right,
        {{ parse_date('substr(trim(active_from), 1, 10)', ['%Y-%m-%d']) }} as active_from,
        {{ parse_date('substr(trim(active_to), 1, 10)', ['%Y-%m-%d']) }} as active_to,
        lower(trim(tor_le_requirement)) = 'true' as tor_le_requirement,
        lower(trim(co_chair_le)) = 'true' as co_chair_le
    from source
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    group_id,
    org_code,
    org_level,
    group_type,
    decision_right,
    active_from,
    active_to,
    tor_le_requirement,
    co_chair_le
from typed
