with practices as (
    select
        spells.practice_code as child_code,
        'practice' as child_type,
        spells.parent_code,
        spells.parent_type,
        spells.from_date,
        spells.to_date,
        spells.source_extract,
        spells.to_date is null and areas.status = 'open' as is_current
    from {{ ref('int_practice_spells') }} as spells
    inner join {{ ref('int_areas') }} as areas
        on spells.practice_code = areas.area_code and areas.area_type = 'practice'
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
