-- The newest whole period of everything that still goes on, or the newest begun where none is
-- whole. A series that has ended is not the latest of anything: look for it in indicator_values.
with newest_first as (
    select
        indicator_values.*,
        row_number() over (
            partition by
                indicator_values.indicator_id, indicator_values.area_type,
                indicator_values.area_code, indicator_values.hierarchy_basis,
                indicator_values.series_id, indicator_values.category_type,
                indicator_values.category
            order by
                -- A whole quarter says more than the first answers of the next.
                case
                    when indicator_values.dq_flags like '%incomplete_period%' then 1 else 0
                end asc nulls last,
                indicator_values.period_end desc nulls last,
                indicator_values.period_start desc nulls last
        ) as nth
    from {{ ref('indicator_values') }} as indicator_values
    left join {{ ref('int_series_status') }} as series_status
        on
            indicator_values.indicator_id = series_status.indicator_id
            and indicator_values.series_id = series_status.series_id
    where not coalesce(series_status.is_historic, false)
)

select
    {{ indicator_value_columns() }}
from newest_first
where nth = 1
