with newest as (
    select
        practice_code,
        sub_icb_code,
        icb_code,
        region_code,
        pcn_code,
        snapshot_date,
        row_number() over (
            partition by practice_code
            order by snapshot_date desc nulls last, source_extract desc nulls last
        ) as nth
    from {{ ref('int_practice_snapshots') }}
),

newest_whole_list as (
    select max(snapshot_date) as snapshot_date
    from {{ ref('int_practice_snapshots') }}
    where source_extract in ('gpad_mapping', 'reg_practice_map')
),

networks as (
    select
        practice_code,
        parent_code as pcn_code
    from {{ ref('int_practice_spells') }}
    where parent_type = 'pcn' and to_date is null
),

current_practices as (
    select
        newest.practice_code,
        newest.sub_icb_code,
        newest.icb_code,
        newest.region_code,
        coalesce(newest.pcn_code, networks.pcn_code) as pcn_code,
        -- The directory lists prisons and hubs too: a practice is one that has a list.
        newest.snapshot_date >= newest_whole_list.snapshot_date as is_open
    from newest
    left join networks on newest.practice_code = networks.practice_code
    cross join newest_whole_list
    where newest.nth = 1
)

select
    practice_code,
    pcn_code,
    sub_icb_code,
    icb_code,
    region_code,
    coalesce(is_open, false) as is_open
from current_practices
