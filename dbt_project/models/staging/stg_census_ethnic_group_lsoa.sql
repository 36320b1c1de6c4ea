-- The bulk table has broad groups beside the detailed ones, a table built to order may have only
-- one of both: broad where there are any, else the detailed ones added up.
with source as (
    select * from {{ source('raw', 'census_ethnic_group_lsoa') }}
),

renamed as (
    select
        edition_id,
        edition_period_end,
        upper(trim(lsoa_code)) as lsoa_code,
        lower(replace(ethnic_group, ' ', '')) as ethnic_group_text,
        cast(residents as bigint) as residents
    from source
),

grouped as (
    select
        *,
        case
            when ethnic_group_text like 'white%' then 'white'
            when ethnic_group_text like 'asian%' then 'asian'
            when ethnic_group_text like 'black%' then 'black'
            when ethnic_group_text like 'mixed%' then 'mixed'
            when ethnic_group_text like 'other%' then 'other'
        end as ethnic_group,
        ethnic_group_text not like '%:%' as is_broad
    from renamed
),

ranked as (
    select
        *,
        max(case when is_broad then 1 else 0 end) over (
            partition by edition_id, lsoa_code, ethnic_group
        ) as has_broad,
        rank() over (
            partition by lsoa_code
            order by edition_period_end desc nulls last, edition_id desc nulls last
        ) as nth_edition
    from grouped
    where ethnic_group is not null
)

select
    edition_id,
    lsoa_code,
    ethnic_group,
    cast(sum(residents) as bigint) as residents
from ranked
where nth_edition = 1 and (is_broad or has_broad = 0)
group by edition_id, lsoa_code, ethnic_group
