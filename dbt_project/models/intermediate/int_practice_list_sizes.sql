-- List sizes as at the first of every month within twelve months of a snapshot: that month's own,
-- else the nearest. Lists grow by about 1 % a year (60.6 m in January 2021, 63.8 m in 2024/25), so
-- an older one would mislead (docs/decisions/2026-11-23-list-size-within-twelve-months.md).
with list_sizes as (
    select
        edition_id,
        practice_code,
        snapshot_date,
        12 * extract(year from snapshot_date) + extract(month from snapshot_date) - 1
            as snapshot_month,
        registered_patients
    from {{ ref('stg_reg_list_sizes') }}
),

offsets as (
    {%- for offset in range(-12, 13) %}
    select {{ offset }} as months_away
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A practice that the nearest snapshot does not list has none: no other list stands in.
snapshots as (
    select distinct
        edition_id,
        snapshot_date,
        snapshot_month
    from list_sizes
),

nearest as (
    select
        snapshots.edition_id,
        snapshots.snapshot_date,
        snapshots.snapshot_month + offsets.months_away as month_number,
        row_number() over (
            partition by snapshots.snapshot_month + offsets.months_away
            order by
                abs(offsets.months_away) asc nulls last,
                snapshots.snapshot_date asc nulls last,
                snapshots.edition_id asc nulls last
        ) as nth
    from snapshots
    cross join offsets
)

select
    make_date(
        cast(floor(nearest.month_number / 12) as integer),
        cast(nearest.month_number - 12 * floor(nearest.month_number / 12) + 1 as integer),
        1
    ) as month_start,
    list_sizes.practice_code,
    list_sizes.registered_patients,
    list_sizes.snapshot_date as list_size_date,
    list_sizes.edition_id as edition_ids
from nearest
inner join list_sizes on nearest.edition_id = list_sizes.edition_id
where nearest.nth = 1
