{#
    XmR chart (statistical process control), one row per charted month.
    Source: Provost LP and Murray SK, The Health Care Data Guide (2011); NHS England, Making Data
    Count; special-cause rules and their precedence as NHSRplotthedots (nhs-r-community) has them.
        mean, moving range mR = |x_t - x_(t-1)|, limits mean -/+ 2.66 * average mR,
        near limits mean -/+ (2/3) * 2.66 * average mR
        screening: ranges of 3.267 * average mR and more are left out, once, and averaged again
    Special causes, the first that holds; every point of the run is marked:
        outside_limits  one point beyond a limit
        trend           seven points, six successive strict rises or falls
        two_of_three    of three successive points on one side of the mean two between a near limit
                        and the limit; only these two are marked
        shift           seven successive points on one side of the mean; a point on the mean breaks
    A rising trend is high wherever it lies. A point that ends one trend and begins the opposite one
    has the direction of the trend it ends.

    A month without a value stops the chart and is never interpolated: what follows is a stretch of
    its own, with its own limits, if it is long enough. No range, run or limit crosses a gap, a
    series break or a segment. Rebasing is a column of segments, for which a reason is recorded;
    fixing the limits after the first n points of a segment likewise. Nothing is rebased by itself.
    With fewer than 12 points under its limits a stretch has none and is not judged
    (too_few_points); with 12 they are trial limits.
    Numbers count as equal when they differ by less than a billionth part of them, so that a value
    on the mean is on the mean in every engine.

    relation: table or CTE with one row per series, segment and month.
    series: list of the columns that make a series. month: date column. value: number.
    segment: column that changes where the chart is rebased, or none.
    fixed_points: number, or column with a number, of first points that give the limits, or none.
    screens: whether outlying ranges are screened out. months_apart: 3 for quarters.
    minimum_points: fewest points that limits may rest on.
    Out: series, segment, month, value, stretch, point_number, limit_points, limits_state
    (too_few_points, trial, full), mean, average_moving_range, lower_limit, upper_limit,
    near_lower_limit, near_upper_limit, special_cause (as above or common_cause), direction (high,
    low); null where not judged.
#}
{%- macro xmr_chart(
    relation, series, month, value,
    segment=none, fixed_points=none, screens=true, months_apart=1, minimum_points=12
) -%}
{%- set keys = (series + ([segment] if segment is not none else [])) | join(', ') -%}
{%- set stretch = "partition by " ~ keys ~ ", stretch" -%}
{%- set in_order = stretch ~ " order by month_number asc nulls first" -%}
with xmr_months as (
    select
        {{ keys }},
        {{ month }},
        cast({{ value }} as double) as value,
        12 * extract(year from {{ month }}) + extract(month from {{ month }}) as month_number,
        cast({{ fixed_points if fixed_points is not none else 'null' }} as bigint) as fixed_points
    from {{ relation }}
    where {{ is_finite_number(value) }}
),

xmr_gaps as (
    select
        *,
        case
            when
                month_number - lag(month_number) over (
                    partition by {{ keys }} order by month_number asc nulls first
                ) = {{ months_apart }}
                then 0
            else 1
        end as starts_stretch
    from xmr_months
),

xmr_stretches as (
    select
        *,
        cast(
            sum(starts_stretch) over (
                partition by {{ keys }} order by month_number asc nulls first
                rows between unbounded preceding and current row
            ) as int
        ) as stretch
    from xmr_gaps
),

xmr_steps as (
    select
        *,
        row_number() over ({{ in_order }}) as point_number,
        lag(value) over ({{ in_order }}) as previous_value
    from xmr_stretches
),

xmr_baseline as (
    select
        *,
        {{ xmr_side('value', 'previous_value') }} as step,
        case when fixed_points is null or point_number <= fixed_points then value end
            as limit_value,
        case
            when fixed_points is null or point_number <= fixed_points
                then abs(value - previous_value)
        end as limit_range
    from xmr_steps
),

-- The average of equal numbers may miss them by a rounding error; it stays within its values.
xmr_averages as (
    select
        *,
        count(limit_value) over ({{ stretch }}) as limit_points,
        greatest(
            min(limit_value) over ({{ stretch }}),
            least(max(limit_value) over ({{ stretch }}), avg(limit_value) over ({{ stretch }}))
        ) as mean,
        avg(limit_range) over ({{ stretch }}) as unscreened_range
    from xmr_baseline
),

xmr_screened as (
    select
        *,
        {% if screens -%}
        coalesce(
            avg(case when limit_range < 3.267e0 * unscreened_range then limit_range end)
                over ({{ stretch }}),
            unscreened_range
        )
        {%- else -%}
        unscreened_range
        {%- endif %} as average_moving_range
    from xmr_averages
),

xmr_limits as (
    select
        *,
        case
            when limit_points < {{ minimum_points }} then 'too_few_points'
            when limit_points < {{ minimum_points + 1 }} then 'trial'
            else 'full'
        end as limits_state,
        mean - 2.66e0 * average_moving_range as lower_limit,
        mean + 2.66e0 * average_moving_range as upper_limit,
        mean - 2e0 / 3e0 * 2.66e0 * average_moving_range as near_lower_limit,
        mean + 2e0 / 3e0 * 2.66e0 * average_moving_range as near_upper_limit
    from xmr_screened
),

xmr_positions as (
    select
        *,
        {{ xmr_side('value', 'mean') }} as side,
        case
            when {{ xmr_side('value', 'upper_limit') }} = 1 then 1
            when {{ xmr_side('value', 'lower_limit') }} = -1 then -1
            else 0
        end as outside,
        case
            when {{ xmr_side('value', 'near_upper_limit') }} = 1 then 1
            when {{ xmr_side('value', 'near_lower_limit') }} = -1 then -1
            else 0
        end as beyond_near
    from xmr_limits
),

xmr_near as (
    select
        *,
        case when outside = 0 then beyond_near else 0 end as near
    from xmr_positions
),

-- Runs, marked at their last point.
xmr_run_ends as (
    select
        *,
        sum(step) over ({{ in_order }} rows between 5 preceding and current row) as steps_of_six,
        sum(side) over ({{ in_order }} rows between 6 preceding and current row) as sides_of_seven,
        sum(side) over ({{ in_order }} rows between 2 preceding and current row) as sides_of_three,
        sum(near) over ({{ in_order }} rows between 2 preceding and current row) as near_of_three
    from xmr_near
),

-- Runs, marked at every point of them.
xmr_runs as (
    select
        *,
        max(case when steps_of_six = 6 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 6 following) as is_in_rise,
        max(case when steps_of_six = -6 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 6 following) as is_in_fall,
        max(case when sides_of_three = 3 and near_of_three >= 2 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 2 following) as is_in_high_three,
        max(case when sides_of_three = -3 and near_of_three <= -2 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 2 following) as is_in_low_three,
        max(case when sides_of_seven = 7 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 6 following) as is_in_high_shift,
        max(case when sides_of_seven = -7 then 1 else 0 end)
            over ({{ in_order }} rows between current row and 6 following) as is_in_low_shift
    from xmr_run_ends
),

xmr_judged as (
    select
        *,
        case
            when limits_state = 'too_few_points' then cast(null as string)
            when outside <> 0 then 'outside_limits'
            when is_in_rise = 1 or is_in_fall = 1 then 'trend'
            when (near = 1 and is_in_high_three = 1) or (near = -1 and is_in_low_three = 1)
                then 'two_of_three'
            when is_in_high_shift = 1 or is_in_low_shift = 1 then 'shift'
            else 'common_cause'
        end as special_cause
    from xmr_runs
)

select
    {{ keys }},
    {{ month }},
    value,
    stretch,
    cast(point_number as int) as point_number,
    cast(limit_points as int) as limit_points,
    limits_state,
    {%- for limit in [
        'mean', 'average_moving_range', 'lower_limit', 'upper_limit', 'near_lower_limit',
        'near_upper_limit',
    ] %}
    case when limits_state <> 'too_few_points' then {{ null_if_infinite(limit) }} end as {{ limit }},
    {%- endfor %}
    special_cause,
    case special_cause
        when 'outside_limits' then case when outside = 1 then 'high' else 'low' end
        when 'trend'
            then
                case
                    when is_in_rise = 1 and (is_in_fall = 0 or step = 1) then 'high'
                    else 'low'
                end
        when 'two_of_three' then case when near = 1 then 'high' else 'low' end
        when 'shift' then case when is_in_high_shift = 1 then 'high' else 'low' end
    end as direction
from xmr_judged
{%- endmacro -%}


{#- 1 above, -1 below, 0 equal but for rounding or not comparable. -#}
{%- macro xmr_side(value, reference) -%}
case
    when {{ value }} - {{ reference }} > 1e-9 * greatest(abs({{ value }}), abs({{ reference }}))
        then 1
    when {{ reference }} - {{ value }} > 1e-9 * greatest(abs({{ value }}), abs({{ reference }}))
        then -1
    else 0
end
{%- endmacro -%}
