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

-- A practice is open when the newest list of practices with patients has it: the directory lists
-- prisons, hubs and walk-in centres too.
newest_whole_list as (
    select max(snapshot_date) as snapshot_date
    from {{ ref('int_practice_snapshots') }}
    where source_extract in ('gpad_mapping', 'reg_practice_map')
),

listed as (
    select distinct snapshots.practice_code
    from {{ ref('int_practice_snapshots') }} as snapshots
    inner join newest_whole_list
        on snapshots.snapshot_date = newest_whole_list.snapshot_date
    where snapshots.source_extract in ('gpad_mapping', 'reg_practice_map')
),

-- A directory newer than that list knows who has closed since.
closed_since as (
    select directory.practice_code
    from {{ ref('stg_ods_practices') }} as directory
    cross join newest_whole_list
    where
        directory.edition_date > newest_whole_list.snapshot_date
        and directory.status_code = 'C'
        and directory.close_date >= newest_whole_list.snapshot_date
    group by directory.practice_code
),

networks as (
    select
        practice_code,
        max(pcn_code) as pcn_code
    from {{ ref('int_network_memberships') }}
    where end_date is null
    group by practice_code
)

select
    newest.practice_code,
    coalesce(newest.pcn_code, networks.pcn_code) as pcn_code,
    newest.sub_icb_code,
    newest.icb_code,
    newest.region_code,
    listed.practice_code is not null and closed_since.practice_code is null as is_open
from newest
left join networks on newest.practice_code = networks.practice_code
left join listed on newest.practice_code = listed.practice_code
left join closed_since on newest.practice_code = closed_since.practice_code
where newest.nth = 1
