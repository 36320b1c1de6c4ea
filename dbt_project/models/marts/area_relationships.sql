with practices as (
    select
        practice_code as child_code,
        'practice' as child_type,
        parent_code,
        parent_type,
        from_date,
        to_date,
        source_extract,
        to_date is null as is_current
    from {{ ref('int_practice_spells') }}
),

hierarchy as (
    select hierarchy_version from {{ ref('int_hierarchy_version') }}
),

locations as (
    select
        locations.sub_icb_code as child_code,
        'sub_icb' as child_type,
        locations.icb_code as parent_code,
        'icb' as parent_type,
        hierarchy.hierarchy_version as from_date,
        cast(null as date) as to_date,
        'gpad_mapping' as source_extract,
        true as is_current
    from {{ ref('int_location_parents') }} as locations
    cross join hierarchy
    where locations.icb_code is not null
),

boards as (
    select distinct
        locations.icb_code as child_code,
        'icb' as child_type,
        locations.region_code as parent_code,
        'region' as parent_type,
        hierarchy.hierarchy_version as from_date,
        cast(null as date) as to_date,
        'gpad_mapping' as source_extract,
        true as is_current
    from {{ ref('int_location_parents') }} as locations
    cross join hierarchy
    where locations.icb_code is not null and locations.region_code is not null
)

select * from practices
union all
select * from locations
union all
select * from boards
