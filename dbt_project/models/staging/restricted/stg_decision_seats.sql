with source as (
    select * from {{ source('restricted', 'decision_seats') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        trim(seat_id) as seat_id,
        trim(group_id) as group_id,
        nullif(lower(trim(seat_type)), '') as seat_type,
        lower(trim(voting)) = 'true' as voting,
        lower(trim(filled)) = 'true' as filled,
        {{ parse_date('substr(trim(seat_from), 1, 10)', ['%Y-%m-%d']) }} as seat_from,
        {{ parse_date('substr(trim(seat_to), 1, 10)', ['%Y-%m-%d']) }} as seat_to,
        nullif(lower(trim(remuneration)), '') as remuneration,
        nullif(lower(trim(ethnic_group)), '') as ethnic_group
    from source
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    seat_id,
    group_id,
    seat_type,
    voting,
    filled,
    seat_from,
    seat_to,
    remuneration,
    ethnic_group
from typed
