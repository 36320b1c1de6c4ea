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
),

-- Places and neighbourhoods, from the reviewed groupings of practices.
groupings as (
    select
        practice_code as child_code,
        'practice' as child_type,
        grouping_code as parent_code,
        grouping_type as parent_type,
        valid_from as from_date,
        valid_to as to_date,
        'local_groupings' as source_extract,
        valid_to is null as is_current
    from {{ ref('local_groupings') }}
),

organisations as (
    select
        organisations.organisation_code as child_code,
        organisations.area_type as child_type,
        organisations.icb_code as parent_code,
        'icb' as parent_type,
        hierarchy.hierarchy_version as from_date,
        cast(null as date) as to_date,
        'local_organisations' as source_extract,
        true as is_current
    from {{ ref('int_organisations') }} as organisations
    cross join hierarchy
    where organisations.icb_code is not null
),

every_relationship as (
    select * from practices
    union all
    select * from groupings
    union all
    select * from organisations
    union all
    select * from locations
    union all
    select * from boards
),

-- Lists name a board for some weeks after its end: that is where its practices were on its last
-- day, and of a split board only a later list can tell where they went.
ended_boards as (
    select
        area_code,
        close_date
    from {{ ref('int_areas') }}
    where area_type = 'icb' and status = 'closed' and close_date is not null
),

with_ends as (
    select
        every_relationship.*,
        coalesce(parents.close_date, children.close_date) as board_closed_on
    from every_relationship
    left join ended_boards as parents
        on
            every_relationship.parent_type = 'icb'
            and every_relationship.parent_code = parents.area_code
    left join ended_boards as children
        on
            every_relationship.child_type = 'icb'
            and every_relationship.child_code = children.area_code
)

select
    child_code,
    child_type,
    parent_code,
    parent_type,
    case when from_date > board_closed_on then board_closed_on else from_date end as from_date,
    case
        when board_closed_on < coalesce(to_date, cast('9999-12-31' as date)) then board_closed_on
        else to_date
    end as to_date,
    source_extract,
    is_current and board_closed_on is null as is_current
from with_ends
