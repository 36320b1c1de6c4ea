with appointments_mapping as (
    select
        'gpad_mapping' as source_extract,
        edition_date as snapshot_date,
        practice_code,
        pcn_code,
        sub_icb_code,
        icb_code,
        region_code
    from {{ ref('stg_gpad_mapping') }}
),

list_size_map as (
    select
        'reg_practice_map' as source_extract,
        edition_date as snapshot_date,
        practice_code,
        pcn_code,
        sub_icb_code,
        icb_code,
        region_code
    from {{ ref('stg_reg_practice_map') }}
),

framework_map as (
    select
        'qof_geography_map' as source_extract,
        edition_date as snapshot_date,
        practice_code,
        pcn_code,
        sub_icb_code,
        icb_code,
        region_code
    from {{ ref('stg_qof_geography_map') }}
),

-- The directory knows every practice, also those without a list; it has no network.
directory as (
    select
        'ods_practices' as source_extract,
        edition_date as snapshot_date,
        practice_code,
        cast(null as string) as pcn_code,
        sub_icb_code,
        icb_code,
        region_code
    from {{ ref('stg_ods_practices') }}
    where status_code = 'A'
),

every_snapshot as (
    select * from appointments_mapping
    union all
    select * from list_size_map
    union all
    select * from framework_map
    union all
    select * from directory
)

select
    source_extract,
    snapshot_date,
    practice_code,
    pcn_code,
    sub_icb_code,
    icb_code,
    region_code
from every_snapshot
