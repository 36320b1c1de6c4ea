-- A series has ended when its last value is older than its cadence allows twice over, counted from
-- the newest period that any series has begun and that is whole: the same data give the same answer
-- on every day (DOMAIN 0.2 ruling 11), and a stray answer of next year makes nothing old.
with valued as (
    select
        indicator_id,
        series_id,
        cadence,
        period_start,
        period_end,
        coalesce(dq_flags, '') like '%incomplete_period%' as is_incomplete
    from {{ ref('int_values') }}
    where value is not null
),

newest as (
    select
        coalesce(
            max(case when not is_incomplete then period_start end), max(period_start)
        ) as newest_period_start
    from valued
),

series as (
    select
        indicator_id,
        series_id,
        min(period_start) as first_period_start,
        max(period_end) as last_period_end,
        max(case cadence when 'monthly' then 1 when 'quarterly' then 3 else 12 end)
            as months_apart
    from valued
    group by indicator_id, series_id
)

select
    series.indicator_id,
    series.series_id,
    series.first_period_start,
    series.last_period_end,
    12 * (
        extract(year from newest.newest_period_start) - extract(year from series.last_period_end)
    ) + extract(month from newest.newest_period_start)
    - extract(month from series.last_period_end) > 2 * series.months_apart as is_historic
from series
cross join newest
