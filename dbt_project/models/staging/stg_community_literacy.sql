with source as (
    select * from {{ source('raw', 'community_literacy') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(record_id) as record_id,
        upper(trim(org_code)) as org_code,
        nullif(lower(trim(org_level)), '') as org_level,
        upper(trim(pcn_code)) as pcn_code,
        {{ parse_date('substr(trim(happened_on), 1, 10)', ['%Y-%m-%d']) }} as happened_on,
        nullif(lower(trim(kind)), '') as kind,
        nullif(lower(trim(staff_group)), '') as staff_group,
        cast(try_cast(trim(staff_n) as double) as bigint) as staff_n,
        try_cast(trim(hours) as decimal(18, 2)) as hours,
        upper(trim(lsoa21_code)) as lsoa21_code
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, record_id
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
    record_id,
    org_code,
    org_level,
    pcn_code,
    happened_on,
    kind,
    staff_group,
    staff_n,
    hours,
    lsoa21_code
from newest_first
where nth = 1
