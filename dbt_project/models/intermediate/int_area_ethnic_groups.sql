-- People of a board by ethnic group, on the map of the end of each financial year and on today's.
-- The census and the newest list stand for every year: shares of a board move slowly.
with groups as (
    select * from {{ ref('int_practice_ethnic_groups') }}
),

snapshots as (
    select distinct snapshot_date from groups
),

years as (
    {%- for offset in range(-6, 4) %}
    select
        make_date(
            cast(extract(year from snapshot_date) as integer) + {{ offset }}, 3, 31
        ) as year_end
    from snapshots
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    parents.hierarchy_basis,
    parents.parent_code as icb_code,
    years.year_end,
    groups.ethnic_group,
    cast(sum(groups.registered_people) as decimal(38, 12)) as registered_people,
    {{ joined_distinct_members('groups.edition_ids') }} as edition_ids
from groups
cross join years
inner join {{ ref('int_practice_parents') }} as parents
    on
        groups.practice_code = parents.practice_code
        and years.year_end >= parents.from_date
        and years.year_end <= parents.to_date
where parents.parent_type = 'icb'
group by parents.hierarchy_basis, parents.parent_code, years.year_end, groups.ethnic_group
