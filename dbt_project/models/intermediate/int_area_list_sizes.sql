-- Registered people of each area, added up from its practices as they belonged to it at the end of
-- the month.
with list_sizes as (
    select
        month_start,
        cast(cast(month_start + interval '1' month as date) - interval '1' day as date)
            as month_end,
        practice_code,
        registered_patients,
        edition_ids
    from {{ ref('int_practice_list_sizes') }}
),

memberships as (
    select
        practice_code,
        parent_type as area_type,
        parent_code as area_code,
        from_date,
        to_date
    from {{ ref('int_practice_spells') }}
    where parent_type in ('pcn', 'sub_icb', 'icb')
    union all
    select
        practice_code,
        grouping_type as area_type,
        upper(trim(grouping_code)) as area_code,
        valid_from as from_date,
        valid_to as to_date
    from {{ ref('local_groupings') }}
    where grouping_type = 'place'
)

select
    'practice' as area_type,
    practice_code as area_code,
    month_start,
    month_end,
    registered_patients,
    edition_ids
from list_sizes
union all
select
    memberships.area_type,
    memberships.area_code,
    list_sizes.month_start,
    list_sizes.month_end,
    cast(sum(list_sizes.registered_patients) as bigint) as registered_patients,
    {{ joined_distinct('list_sizes.edition_ids') }} as edition_ids
from list_sizes
inner join memberships
    on
        list_sizes.practice_code = memberships.practice_code
        and list_sizes.month_end >= memberships.from_date
        and (memberships.to_date is null or list_sizes.month_end <= memberships.to_date)
group by
    memberships.area_type, memberships.area_code, list_sizes.month_start, list_sizes.month_end
