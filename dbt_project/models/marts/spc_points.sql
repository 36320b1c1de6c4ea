-- Charts of what happened month by month, never of counts that grow through the year nor of the
-- survey. Each indicator says which of its series may be charted (spc_series).
{%- set keys = ['indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'series_id'] %}
with catalogue as (
    select
        indicator_id,
        polarity,
        ',' || replace(spc_series, ' ', '') || ',' as spc_series_list
    from {{ ref('int_indicator_catalogue') }}
    where spc_series is not null
),

monthly as (
    select
        indicator_values.indicator_id,
        indicator_values.area_code,
        indicator_values.area_type,
        indicator_values.hierarchy_basis,
        indicator_values.series_id,
        indicator_values.period_start,
        indicator_values.period_end,
        indicator_values.numerator,
        indicator_values.denominator,
        indicator_values.value,
        indicator_values.unit,
        indicator_values.lineage_id,
        catalogue.polarity
    from {{ ref('indicator_values') }} as indicator_values
    inner join catalogue
        on
            indicator_values.indicator_id = catalogue.indicator_id
            and contains(catalogue.spc_series_list, ',' || indicator_values.series_id || ',')
    where
        indicator_values.category_type = 'all'
        and indicator_values.area_type in ('pcn', 'sub_icb', 'icb', 'region', 'england')
        and indicator_values.value_state in ('reported', 'zero')
        -- A month that only part of was sent is not a low month.
        and coalesce(indicator_values.dq_flags, '') not like '%incomplete_period%'
        -- Practices that join the scope of a new provider are no change of what is done.
        and coalesce(indicator_values.dq_flags, '') not like '%scope_under_twelve_months%'
        and {{ days_between('indicator_values.period_start', 'indicator_values.period_end') }} < 31
),

-- The count since 1 April that a flow is the difference of.
cumulative as (
    select
        indicator_id,
        area_code,
        area_type,
        hierarchy_basis,
        series_id,
        period_end,
        numerator
    from {{ ref('indicator_values') }}
    where category_type = 'all' and series_id like '%_ytd'
),

plausible as (
    select monthly.*
    from monthly
    left join cumulative
        on
            monthly.indicator_id = cumulative.indicator_id
            and monthly.area_code = cumulative.area_code
            and monthly.area_type = cumulative.area_type
            and monthly.hierarchy_basis = cumulative.hierarchy_basis
            and monthly.period_end = cumulative.period_end
            and monthly.series_id = replace(cumulative.series_id, '_ytd', '_monthly_flow')
    -- People who left the list make a flow negative; beyond 3 % of the count it is no month to
    -- judge others by, but a missing one (DOMAIN 2.2.4).
    where
        monthly.numerator is null
        or monthly.numerator >= 0
        or -100 * monthly.numerator <= 3 * cumulative.numerator
),

sized as (
    select
        *,
        count(*) over (partition by {{ keys | join(', ') }}) as months,
        count(case when denominator < 10 then 1 end) over (
            partition by {{ keys | join(', ') }}
        ) as months_with_small_base
    from plausible
),

charted as (
    select * from sized
    where
        2 * months_with_small_base <= months
        and (area_type = 'icb' or months >= 12)
),

charts as (
    {{ xmr_chart('charted', keys, 'period_start', 'value') | indent(4) }}
)

select
    charts.indicator_id,
    charts.area_code,
    charts.area_type,
    charts.hierarchy_basis,
    charts.series_id,
    charts.period_start,
    charted.period_end,
    charts.value,
    charted.unit,
    charted.numerator,
    charted.denominator,
    charts.stretch,
    charts.point_number,
    charts.limit_points,
    charts.limits_state,
    charts.mean,
    charts.average_moving_range,
    charts.lower_limit,
    charts.upper_limit,
    charts.near_lower_limit,
    charts.near_upper_limit,
    charts.special_cause,
    charts.direction,
    {{ variation_icon('charts.special_cause', 'charts.direction', 'charted.polarity') }}
        as variation_icon,
    {{ assurance_icon(
        'charts.lower_limit', 'charts.upper_limit', 'cast(null as double)', 'charted.polarity'
    ) }} as assurance_icon,
    coalesce(series_status.is_historic, false) as is_historic,
    charted.lineage_id
from charts
inner join charted
    on
        charts.period_start = charted.period_start
        {%- for key in keys %}
        and charts.{{ key }} = charted.{{ key }}
        {%- endfor %}
left join {{ ref('int_series_status') }} as series_status
    on
        charts.indicator_id = series_status.indicator_id
        and charts.series_id = series_status.series_id
