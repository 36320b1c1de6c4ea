{#
    Five-point trend of yearly values, one row per valid point: the trend as it stood at that point
    over the last five valid points of its series, whatever years lie between them.
    Source: the trend marker of Fingertips (dhsc-govuk/FingertipsNext, TrendMarkerCalculator):
    weighted regression on t = 1 to 5 with weights w = 1 / ((upper - lower) / 3.92)^2 from the 95 %
    limits; a trend is one where chi-square = (slope / standard error)^2 is above
    9.54953570608324 (99.8 %) and the slope of all five points and of each four of them, t kept,
    has the same sign (0 counts as rising).
    With P = sum over pairs i < j of w_i w_j (j - i)(v_j - v_i), Q the same with (j - i)^2 in place
    of (j - i)(v_j - v_i), and W the sum of weights: slope = P / Q, chi-square = P^2 / (Q W).
    These are the source's sums of products, subtracted before they are multiplied: equal values
    have a slope of exactly 0.

    A point is valid when value, limits, numerator and denominator are finite and the denominator
    is above 0. Methods without limits have no trend. Where the numerator is the whole denominator
    in one of the five, or limits coincide, it cannot be calculated.

    relation: table or CTE with one row per series and period.
    series: list of the columns that make a series; never across a series break.
    period, value, lower, upper, numerator, denominator, polarity: columns; the limits are 95 %.
    Out: series, period, first_period, points (up to 5), slope (per period), chi_square,
    has_one_direction, trend (in words).
#}
{%- macro five_point_trend(
    relation, series, period, value, lower, upper, numerator, denominator, polarity
) -%}
{%- set window -%}
over (partition by {{ series | join(', ') }} order by {{ period }} asc nulls first)
{%- endset -%}
with trend_points as (
    select
        {{ series | join(', ') }},
        {{ period }},
        {{ polarity }} as polarity,
        cast({{ value }} as double) as value,
        cast({{ upper }} as double) - cast({{ lower }} as double) as width,
        cast({{ numerator }} as double) = cast({{ denominator }} as double) as is_whole
    from {{ relation }}
    where
        {{ is_finite_number(value) }}
        and {{ is_finite_number(lower) }}
        and {{ is_finite_number(upper) }}
        and {{ is_finite_number(numerator) }}
        and {{ is_finite_number(denominator) }}
        and cast({{ denominator }} as double) > 0
),

trend_weights as (
    select
        *,
        case
            when not is_whole and width > 0
                then 3.92e0 / nullif(width, 0e0) * (3.92e0 / nullif(width, 0e0))
        end as weight
    from trend_points
),

trend_fives as (
    select
        *,
        lag({{ period }}, 4) {{ window }} as first_period,
        row_number() {{ window }} as points_so_far
        {%- for t in range(1, 6) %},
        lag(value, {{ 5 - t }}) {{ window }} as value_{{ t }},
        lag(weight, {{ 5 - t }}) {{ window }} as weight_{{ t }}
        {%- endfor %}
    from trend_weights
),

trend_pairs as (
    select
        *,
        {%- for i in range(1, 5) %}
        {%- for j in range(i + 1, 6) %}
        weight_{{ i }} * weight_{{ j }} * {{ j - i }}e0 * (value_{{ j }} - value_{{ i }})
            as rise_{{ i }}_{{ j }},
        {%- endfor %}
        {%- endfor %}
        {% for i in range(1, 5) %}
        {%- for j in range(i + 1, 6) %}
        {{- '+ ' if i + j > 3 }}weight_{{ i }} * weight_{{ j }} * {{ (j - i) * (j - i) }}e0
        {% endfor %}
        {%- endfor %}    as spread,
        weight_1 + weight_2 + weight_3 + weight_4 + weight_5 as weights
    from trend_fives
),

trend_slopes as (
    select
        *
        {#- Left out 0 is the fit of all five. #}
        {%- for left_out in range(6) %},
        {% for i in range(1, 5) %}
        {%- for j in range(i + 1, 6) if left_out not in (i, j) %}
        {{- '+ ' if not (loop.first and i == (2 if left_out == 1 else 1)) }}rise_{{ i }}_{{ j }}{{ ' ' }}
        {%- endfor %}
        {%- endfor %}as rise_without_{{ left_out }}
        {%- endfor %}
    from trend_pairs
),

trend_tests as (
    select
        *,
        rise_without_0 / nullif(spread, 0e0) as slope,
        rise_without_0 / nullif(spread, 0e0) * (rise_without_0 / nullif(weights, 0e0))
            as chi_square,
        (
            {% for left_out in range(6) -%}
            {{ 'and ' if not loop.first }}rise_without_{{ left_out }} >= 0
            {% endfor -%}
        ) or (
            {% for left_out in range(6) -%}
            {{ 'and ' if not loop.first }}rise_without_{{ left_out }} < 0
            {% endfor -%}
        ) as has_one_direction
    from trend_slopes
),

trend_results as (
    select
        *,
        {{ is_finite_number('slope') }} and {{ is_finite_number('chi_square') }} as is_calculated
    from trend_tests
)

select
    {{ series | join(', ') }},
    {{ period }},
    first_period,
    cast(case when points_so_far < 5 then points_so_far else 5 end as int) as points,
    case when is_calculated then slope end as slope,
    case when is_calculated then chi_square end as chi_square,
    case when is_calculated then has_one_direction end as has_one_direction,
    case
        when points_so_far < 5
            then 'too few periods (' || cast(points_so_far as string) || ' of 5)'
        when not coalesce(is_calculated, false) then 'cannot be calculated'
        when chi_square > 9.54953570608324e0 and has_one_direction
            then
                case when slope > 0 then 'increasing' else 'decreasing' end
                || case
                    when polarity not in ('high', 'low') or polarity is null then ''
                    when (polarity = 'high') = (slope > 0) then ' and getting better'
                    else ' and getting worse'
                end
        else 'no significant change'
    end as trend
from trend_results
{%- endmacro -%}
