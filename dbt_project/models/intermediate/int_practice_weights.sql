-- Which practices are there at the end of a period, and how much each weighs in the coverage of an
-- area: by the people registered with it; where no list is within a year, each practice alike. The
-- list may be older than the period: who has closed since owes no figure.
with period_ends as (
    select distinct
        period_end,
        make_date(
            cast(extract(year from period_end) as integer),
            cast(extract(month from period_end) as integer),
            1
        ) as month_start
    from {{ ref('int_indicator_inputs') }}
    where area_type = 'practice'
),

by_list_size as (
    select
        period_ends.period_end,
        list_sizes.practice_code,
        list_sizes.registered_patients as weight,
        'registered people' as weighed_by
    from period_ends
    inner join {{ ref('int_practice_list_sizes') }} as list_sizes
        on period_ends.month_start = list_sizes.month_start
    where list_sizes.registered_patients > 0
),

without_lists as (
    select period_ends.period_end
    from period_ends
    left join by_list_size on period_ends.period_end = by_list_size.period_end
    where by_list_size.period_end is null
),

-- Lists of practices with patients; the directory lists prisons, hubs and walk-in centres too.
whole_lists as (
    select distinct
        source_extract,
        snapshot_date
    from {{ ref('int_practice_snapshots') }}
    where source_extract in ('gpad_mapping', 'reg_practice_map', 'qof_geography_map')
),

nearest as (
    select
        without_lists.period_end,
        whole_lists.source_extract,
        whole_lists.snapshot_date,
        row_number() over (
            partition by without_lists.period_end
            order by
                abs({{ days_between('whole_lists.snapshot_date', 'without_lists.period_end') }})
                asc nulls last,
                whole_lists.source_extract asc nulls last
        ) as nth
    from without_lists
    cross join whole_lists
),

alike as (
    select distinct
        nearest.period_end,
        snapshots.practice_code,
        cast(1 as bigint) as weight,
        'practices' as weighed_by
    from nearest
    inner join {{ ref('int_practice_snapshots') }} as snapshots
        on
            nearest.source_extract = snapshots.source_extract
            and nearest.snapshot_date = snapshots.snapshot_date
    where nearest.nth = 1
),

listed as (
    select * from by_list_size
    union all
    select * from alike
),

newest_of_directory as (
    select
        practice_code,
        close_date,
        row_number() over (
            partition by practice_code
            order by edition_date desc nulls last, edition_id desc nulls last
        ) as nth
    from {{ ref('stg_ods_practices') }}
),

-- The newest directory tells: a practice may have opened again. Where a list of today has patients
-- of a practice, it is open whatever the directory says.
closed_practices as (
    select
        directory.practice_code,
        directory.close_date
    from newest_of_directory as directory
    left join {{ ref('int_current_practices') }} as current_practices
        on directory.practice_code = current_practices.practice_code
    where
        directory.nth = 1
        and directory.close_date is not null
        and not coalesce(current_practices.is_open, false)
)

select
    listed.period_end,
    listed.practice_code,
    listed.weight,
    listed.weighed_by
from listed
left join closed_practices
    on
        listed.practice_code = closed_practices.practice_code
        and listed.period_end > closed_practices.close_date
where closed_practices.practice_code is null
