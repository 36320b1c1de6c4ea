with practices_of_directory as (
    select
        practice_code as area_code,
        'practice' as area_type,
        max_by(practice_name, edition_date) as area_name,
        cast(null as string) as ons_code,
        max_by(open_date, edition_date) as open_date,
        max_by(close_date, edition_date) as close_date
    from {{ ref('stg_ods_practices') }}
    group by practice_code
),

-- Practices newer than the directory held, or listed there as something else today.
named_elsewhere as (
    {%- for source in [
        'stg_gpad_mapping', 'stg_reg_practice_map', 'stg_qof_geography_map',
        'stg_ods_pcn_memberships',
    ] %}
    select
        practice_code,
        practice_name,
        edition_date
    from {{ ref(source) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

practices_of_mappings as (
    select
        named_elsewhere.practice_code as area_code,
        'practice' as area_type,
        max_by(
            named_elsewhere.practice_name,
            cast(named_elsewhere.edition_date as string) || named_elsewhere.practice_name
        ) as area_name,
        cast(null as string) as ons_code,
        cast(null as date) as open_date,
        cast(null as date) as close_date
    from named_elsewhere
    left join practices_of_directory
        on named_elsewhere.practice_code = practices_of_directory.area_code
    where practices_of_directory.area_code is null
    group by named_elsewhere.practice_code
),

named_networks as (
    select
        pcn_code,
        pcn_name,
        edition_date,
        open_date,
        close_date,
        2 as preference
    from {{ ref('stg_ods_pcns') }}
    union all
    select
        pcn_code,
        pcn_name,
        census_date as edition_date,
        cast(null as date) as open_date,
        cast(null as date) as close_date,
        1 as preference
    from {{ ref('stg_pcnwf_staff') }}
    union all
    select
        pcn_code,
        pcn_name,
        edition_date,
        cast(null as date) as open_date,
        cast(null as date) as close_date,
        1 as preference
    from {{ ref('stg_gpad_mapping') }}
    where pcn_code is not null
),

newest_networks as (
    select
        pcn_code,
        pcn_name,
        open_date,
        close_date,
        row_number() over (
            partition by pcn_code
            order by
                preference desc nulls last, edition_date desc nulls last, pcn_name asc nulls last
        ) as nth
    from named_networks
),

networks as (
    select
        pcn_code as area_code,
        'pcn' as area_type,
        pcn_name as area_name,
        cast(null as string) as ons_code,
        open_date,
        close_date
    from newest_networks
    where nth = 1
),

named_locations as (
    {%- for source in ['stg_gpad_mapping', 'stg_reg_practice_map', 'stg_qof_geography_map'] %}
    {%- for area_type in ['sub_icb', 'icb', 'region'] %}
    select
        '{{ area_type }}' as area_type,
        {{ area_type }}_code as area_code,
        {{ area_type }}_name as area_name,
        cast(null as string) as ons_code,
        edition_date
    from {{ ref(source) }}
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for area_type in ['sub_icb', 'icb', 'region'] %}
    select
        '{{ area_type }}' as area_type,
        {{ area_type }}_code as area_code,
        {{ area_type }}_name as area_name,
        cast(null as string) as ons_code,
        census_date as edition_date
    from {{ ref('stg_pcnwf_staff') }}
    union all
    select
        '{{ area_type }}' as area_type,
        {{ area_type }}_code as area_code,
        {{ area_type }}_name as area_name,
        {{ area_type }}_ons_code as ons_code,
        edition_date
    from {{ ref('stg_ons_sub_icb_lookup') }}
    union all
    {%- endfor %}
    -- Locations of closed networks, gone before the first mapping held.
    select
        'sub_icb' as area_type,
        sub_icb_code as area_code,
        sub_icb_name as area_name,
        cast(null as string) as ons_code,
        edition_date
    from {{ ref('stg_ods_pcns') }}
),

newest_locations as (
    select
        area_type,
        area_code,
        max_by(area_name, cast(edition_date as string) || area_name) as area_name,
        max(ons_code) as ons_code,
        max(edition_date) as last_seen
    from named_locations
    where area_code is not null
    group by area_type, area_code
),

-- 42 boards became 36 on 1 April 2026 (DOMAIN 8.2). Boards after that day; those that are no
-- predecessor began on it.
boards_after as (
    select
        successions.successor_code as area_code,
        max(successions.successor_name) as area_name,
        max(successions.successor_ons_code) as ons_code,
        min(successions.effective_from) as effective_from,
        count(predecessors.predecessor_code) = 0 as is_new
    from {{ ref('icb_succession_2026') }} as successions
    left join {{ ref('icb_succession_2026') }} as predecessors
        on successions.successor_code = predecessors.predecessor_code
    group by successions.successor_code
),

-- Boards that nobody of that name took over from, whole or split, ended on the day before.
boards_ended as (
    select
        successions.predecessor_code as area_code,
        cast(min(successions.effective_from) - interval '1' day as date) as close_date
    from {{ ref('icb_succession_2026') }} as successions
    left join boards_after on successions.predecessor_code = boards_after.area_code
    where boards_after.area_code is null
    group by successions.predecessor_code
),

-- The day that the areas are of: that of the newest list of practices.
today as (
    select hierarchy_version from {{ ref('int_hierarchy_version') }}
),

named_locations_dated as (
    select
        newest_locations.area_code,
        newest_locations.area_type,
        newest_locations.area_name,
        -- A board that grew keeps its code and has a new one of the ONS.
        coalesce(
            case
                when boards_after.effective_from <= today.hierarchy_version
                    then boards_after.ons_code
            end,
            newest_locations.ons_code
        ) as ons_code,
        case when boards_after.is_new then boards_after.effective_from end as open_date,
        boards_ended.close_date
    from newest_locations
    cross join today
    left join boards_after
        on
            newest_locations.area_type = 'icb'
            and newest_locations.area_code = boards_after.area_code
    left join boards_ended
        on
            newest_locations.area_type = 'icb'
            and newest_locations.area_code = boards_ended.area_code
),

boards_named_nowhere_yet as (
    select
        boards_after.area_code,
        'icb' as area_type,
        boards_after.area_name,
        boards_after.ons_code,
        boards_after.effective_from as open_date,
        cast(null as date) as close_date
    from boards_after
    left join newest_locations
        on
            newest_locations.area_type = 'icb'
            and boards_after.area_code = newest_locations.area_code
    where boards_after.is_new and newest_locations.area_code is null
),

-- Places and neighbourhoods, from the reviewed groupings of practices.
groupings as (
    select
        grouping_code as area_code,
        grouping_type as area_type,
        max_by(grouping_name, valid_from) as area_name,
        cast(null as string) as ons_code,
        min(valid_from) as open_date,
        case
            when count(*) = count(valid_to) then max(valid_to)
        end as close_date
    from {{ ref('local_groupings') }}
    group by grouping_code, grouping_type
),

-- Whoever sends records; some organisations run a programme as well.
organisations as (
    select
        organisation_code as area_code,
        area_type,
        organisation_name as area_name,
        cast(null as string) as ons_code,
        cast(null as date) as open_date,
        cast(null as date) as close_date
    from {{ ref('int_organisations') }}
    union all
    select
        organisation_code as area_code,
        case area_type when 'organisation' then 'programme' else 'organisation' end as area_type,
        organisation_name as area_name,
        cast(null as string) as ons_code,
        cast(null as date) as open_date,
        cast(null as date) as close_date
    from {{ ref('int_organisations') }}
    where is_both
),

england as (
    select
        'E92000001' as area_code,
        'england' as area_type,
        'England' as area_name,
        'E92000001' as ons_code,
        cast(null as date) as open_date,
        cast(null as date) as close_date
),

open_areas as (
    select
        'practice' as area_type,
        practice_code as area_code
    from {{ ref('int_current_practices') }}
    where is_open
    {%- for area_type in ['pcn', 'sub_icb', 'icb', 'region'] %}
    union distinct
    select
        '{{ area_type }}' as area_type,
        {{ area_type }}_code as area_code
    from {{ ref('int_current_practices') }}
    where is_open and {{ area_type }}_code is not null
    {%- endfor %}
    union distinct
    select
        area_type,
        area_code
    from groupings
    where close_date is null
    union distinct
    -- An organisation or programme is there as long as it sends records.
    select
        area_type,
        area_code
    from organisations
    union distinct
    select
        'england' as area_type,
        'E92000001' as area_code
),

every_area as (
    select * from practices_of_directory
    union all
    select * from practices_of_mappings
    union all
    select * from networks
    union all
    select * from named_locations_dated
    union all
    select * from boards_named_nowhere_yet
    union all
    select * from groupings
    union all
    select * from organisations
    union all
    select * from england
),

-- A local file may name a practice or network that no directory held knows: its figures stand, and
-- its place says so.
named_nowhere as (
    select distinct
        inputs.area_code,
        inputs.area_type,
        inputs.area_code || ' (in no directory held)' as area_name,
        cast(null as string) as ons_code,
        cast(null as date) as open_date,
        cast(null as date) as close_date
    from {{ ref('int_indicator_inputs') }} as inputs
    left join every_area
        on inputs.area_type = every_area.area_type and inputs.area_code = every_area.area_code
    where every_area.area_code is null
),

all_areas as (
    select
        *,
        true as is_known
    from every_area
    union all
    select
        *,
        false as is_known
    from named_nowhere
)

select
    all_areas.area_code,
    all_areas.area_type,
    all_areas.area_name,
    all_areas.ons_code,
    case
        -- A list may name a board for some weeks after its end.
        when all_areas.area_type = 'icb' and all_areas.close_date < today.hierarchy_version
            then 'closed'
        when open_areas.area_code is not null then 'open'
        when all_areas.area_type = 'icb' and all_areas.open_date > today.hierarchy_version
            then 'not_yet_open'
        when all_areas.area_type = 'icb' and all_areas.open_date is not null then 'open'
        when all_areas.is_known then 'closed'
        else 'unknown'
    end as status,
    all_areas.open_date,
    all_areas.close_date
from all_areas
cross join today
left join open_areas
    on
        all_areas.area_type = open_areas.area_type
        and all_areas.area_code = open_areas.area_code
