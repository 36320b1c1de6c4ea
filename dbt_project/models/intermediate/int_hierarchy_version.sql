with snapshot_dates as (
    select max(snapshot_date) as hierarchy_version
    from {{ ref('int_practice_snapshots') }}
)

select hierarchy_version from snapshot_dates
