-- Where each practice's figures belong, on the geography of the period and on today's.
with spells as (
    select * from {{ ref('int_practice_spells') }}
),

boards_unchanged_in_2026 as (
    select predecessor_code as icb_code
    from {{ ref('icb_succession_2026') }}
    where kind = 'unchanged'
),

first_days as (
    select
        practice_code,
        parent_type,
        min(from_date) as first_day
    from spells
    group by practice_code, parent_type
),

-- A practice whose board the changes of 1 April 2026 left alone.
keeps_its_board as (
    select distinct spells.practice_code
    from spells
    inner join boards_unchanged_in_2026
        on spells.parent_code = boards_unchanged_in_2026.icb_code
    where spells.parent_type = 'icb'
),

-- Before a practice was first seen it is placed where it was first seen: mappings are younger than
-- the counts. Never across 1 April 2026, when 42 boards became 36, and never in a network, whose
-- memberships have first days of their own.
extended as (
    select
        spells.practice_code,
        spells.parent_type,
        spells.parent_code,
        case
            when
                first_days.first_day < spells.from_date
                or (
                    spells.parent_type = 'pcn'
                    and spells.source_extract = 'ods_pcn_memberships'
                )
                then spells.from_date
            when
                spells.parent_type in ('sub_icb', 'icb')
                and spells.from_date >= cast('2026-04-01' as date)
                and keeps_its_board.practice_code is null
                then cast('2026-04-01' as date)
            else cast('1900-01-01' as date)
        end as from_date,
        coalesce(spells.to_date, cast('9999-12-31' as date)) as to_date,
        spells.from_date as seen_from_date
    from spells
    inner join first_days
        on
            spells.practice_code = first_days.practice_code
            and spells.parent_type = first_days.parent_type
    left join keeps_its_board on spells.practice_code = keeps_its_board.practice_code
),

groupings as (
    select
        practice_code,
        grouping_type as parent_type,
        grouping_code as parent_code,
        valid_from as from_date,
        coalesce(valid_to, cast('9999-12-31' as date)) as to_date
    from {{ ref('local_groupings') }}
),

-- Closed practices keep their history: in the network and location they were last in, and in the
-- board that has that location today.
last_known as (
    select
        practice_code,
        parent_type,
        max_by(parent_code, from_date) as parent_code
    from spells
    group by practice_code, parent_type
),

last_locations as (
    select
        last_known.practice_code,
        locations.icb_code,
        locations.region_code
    from last_known
    inner join {{ ref('int_location_parents') }} as locations
        on last_known.parent_code = locations.sub_icb_code
    where last_known.parent_type = 'sub_icb'
),

today as (
    {%- for parent_type in ['pcn', 'sub_icb', 'icb', 'region'] %}
    select
        last_known.practice_code,
        '{{ parent_type }}' as parent_type,
        case
            when current_practices.is_open then current_practices.{{ parent_type }}_code
            {%- if parent_type in ['icb', 'region'] %}
            else coalesce(last_locations.{{ parent_type }}_code, last_known.parent_code)
            {%- else %}
            else last_known.parent_code
            {%- endif %}
        end as parent_code
    from last_known
    left join {{ ref('int_current_practices') }} as current_practices
        on last_known.practice_code = current_practices.practice_code
    {%- if parent_type in ['icb', 'region'] %}
    left join last_locations on last_known.practice_code = last_locations.practice_code
    {%- endif %}
    where last_known.parent_type = '{{ parent_type }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

practices as (
    select distinct practice_code from spells
)

select
    'as_was' as hierarchy_basis,
    practice_code,
    parent_type,
    parent_code,
    from_date,
    to_date,
    seen_from_date
from extended
union all
select
    'as_was' as hierarchy_basis,
    practice_code,
    parent_type,
    parent_code,
    from_date,
    to_date,
    from_date as seen_from_date
from groupings
union all
select
    'as_is' as hierarchy_basis,
    practice_code,
    parent_type,
    parent_code,
    cast('1900-01-01' as date) as from_date,
    cast('9999-12-31' as date) as to_date,
    cast('1900-01-01' as date) as seen_from_date
from today
where parent_code is not null
union all
select
    'as_is' as hierarchy_basis,
    practice_code,
    parent_type,
    parent_code,
    cast('1900-01-01' as date) as from_date,
    cast('9999-12-31' as date) as to_date,
    cast('1900-01-01' as date) as seen_from_date
from groupings
where to_date = cast('9999-12-31' as date)
union all
select
    'not_applicable' as hierarchy_basis,
    practice_code,
    'england' as parent_type,
    'E92000001' as parent_code,
    cast('1900-01-01' as date) as from_date,
    cast('9999-12-31' as date) as to_date,
    cast('1900-01-01' as date) as seen_from_date
from practices
