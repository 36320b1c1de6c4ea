{#
    The last steps of an indicator model that counts events or people of local submissions: one row
    per GP practice and, if wanted, one per programme, with period, series and category. Networks
    and boards are made of practice rows; an event without a practice counts in its programme only.

    The model has a CTE events before it, with one row per event and the columns practice_code,
    programme_code, period_start, period_end, series_id, category_type, category,
    in_numerator (1 or 0; the value itself where a mean is wanted),
    in_denominator (1 or 0; an area with nothing but 0 has a row that says so),
    is_whole_period (whether submissions of the whole period are there), edition_id, and
    second_edition_id (null where one edition says it all).

    nothing_to_divide_by: SQL expression of the reason where the denominator is 0.
    is_mean: whether the method works on the sum and the sum of squares of values.
    with_programmes: whether programmes have rows of their own.
#}
{% macro local_indicator(indicator_id, nothing_to_divide_by, is_mean=false, with_programmes=true) %}
{%- set keys = [
    'area_type', 'area_code', 'period_start', 'period_end', 'series_id', 'category_type', 'category'
] -%}
placed as (
    select
        'practice' as area_type,
        practice_code as area_code,
        events.*
    from events
    where practice_code is not null
    {%- if with_programmes %}
    union all
    select
        'programme' as area_type,
        programme_code as area_code,
        events.*
    from events
    {%- endif %}
),

counted as (
    select
        {{ keys | join(',\n        ') }},
        cast(sum(cast(in_numerator as decimal(18, 9))) as decimal(38, 9)) as numerator,
        cast(
            sum(cast(in_numerator as decimal(18, 9)) * cast(in_numerator as decimal(18, 9)))
            as decimal(38, 18)
        ) as sum_of_squares,
        cast(sum(in_denominator) as bigint) as denominator,
        max(case when is_whole_period then 0 else 1 end) as is_incomplete
    from placed
    group by {{ keys | join(', ') }}
),

editions as (
    select
        {{ keys | join(',\n        ') }},
        edition_id
    from placed
    union distinct
    select
        {{ keys | join(',\n        ') }},
        second_edition_id as edition_id
    from placed
    where second_edition_id is not null
),

edition_lists as (
    select
        {{ keys | join(',\n        ') }},
        {{ joined_distinct('edition_id') }} as edition_ids
    from editions
    group by {{ keys | join(', ') }}
)

select
    {{ indicator_columns(
        indicator_id,
        area_code='counted.area_code',
        area_type='counted.area_type',
        period_start='counted.period_start',
        period_end='counted.period_end',
        series_id='counted.series_id',
        category_type='counted.category_type',
        category='counted.category',
        numerator='counted.numerator',
        denominator='counted.denominator',
        value_sum='counted.numerator' if is_mean else 'null',
        value_sum_of_squares='counted.sum_of_squares' if is_mean else 'null',
        value_state="case when counted.denominator = 0 then 'cannot_calculate' "
        ~ ("" if is_mean else "when counted.numerator = 0 then 'zero' ") ~ "else 'reported' end",
        value_reason='case when counted.denominator = 0 then ' ~ nothing_to_divide_by ~ ' end',
        dq_flags="case when counted.is_incomplete = 1 then 'incomplete_period' end",
        edition_ids='edition_lists.edition_ids'
    ) }}
from counted
inner join edition_lists
    on
        {%- for key in keys %}
        {{ 'and ' if not loop.first }}counted.{{ key }} = edition_lists.{{ key }}
        {%- endfor %}
{% endmacro %}
