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
    parents.parent_type as area_type,
    parents.parent_code as area_code,
    list_sizes.month_start,
    list_sizes.month_end,
    cast(sum(list_sizes.registered_patients) as bigint) as registered_patients,
    {{ joined_distinct('list_sizes.edition_ids') }} as edition_ids
from list_sizes
inner join {{ ref('int_practice_parents') }} as parents
    on
        list_sizes.practice_code = parents.practice_code
        and list_sizes.month_end >= parents.from_date
        and list_sizes.month_end <= parents.to_date
where parents.hierarchy_basis in ('as_was', 'not_applicable')
group by parents.parent_type, parents.parent_code, list_sizes.month_start, list_sizes.month_end
