{#
    What the models that add figures up to larger areas (int_practice_sums, int_rolled_up_*) have in
    common: the sums of the children that are counted, and the one shape in which int_placed_inputs
    takes them all.
#}

{#
    Sums of the measures of the children that are counted (is_counted), each with its name.

    relation: name of the relation that they come from, with a point behind it, where there are more.
    sums_of_values: type of the sums of measured values, which are added up as decimals whatever it
    is. Engines make a decimal of a double differently in its last digit.
#}
{% macro rolled_up_sums(relation='', sums_of_values='decimal(38, 12)') -%}
    {%- for measure in ['numerator', 'denominator'] -%}
        cast(
            sum(case when {{ relation }}is_counted then {{ relation }}{{ measure }} end)
            as decimal(38, 12)
        ) as {{ measure }},
        {% endfor -%}
        cast(
            sum(case when {{ relation }}is_counted then {{ relation }}unweighted_base end) as bigint
        ) as unweighted_base
    {%- for measure in ['value_sum', 'value_sum_of_squares'] %},
        cast(
            sum(
                case
                    when {{ relation }}is_counted
                        then cast({{ relation }}{{ measure }} as decimal(38, 12))
                end
            ) as {{ sums_of_values }}
        ) as {{ measure }}
    {%- endfor %}
{%- endmacro %}

{#
    The remarks of the children that are counted. Where none is, that their period is not whole, if it
    is not: that nobody is counted is then said of what may be yet to come.

    are_few: whether a group has few rows (joined_distinct_members).
#}
{% macro rolled_up_flags(are_few=false) -%}
    case
        when count(case when is_counted then 1 end) > 0
            then {{ joined_distinct_members('case when is_counted then dq_flags end', are_few) }}
        else max(case when dq_flags like '%incomplete_period%' then 'incomplete_period' end)
    end
{%- endmacro %}

{#
    The select list of such a model. Numerator and denominator stand where there is a value or could
    nearly have been one, the rest only beside a value.

    All arguments are SQL expressions; other columns have the names that they have here.
    numerator, denominator: null where there is none whatever the state.
    has_measures: whether bases and sums of values are there, for surveys and means.
#}
{% macro rolled_up_columns(
    coverage='coverage',
    area_type='area_type',
    numerator='numerator',
    denominator='denominator',
    value_state='value_state',
    value_reason='value_reason',
    dq_flags='dq_flags',
    has_measures=true
) -%}
indicator_id,
    area_code,
    {{ area_type }} as area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    {%- for measure, expression in [('numerator', numerator), ('denominator', denominator)] %}
    cast(
        case
            when {{ value_state }} in ('reported', 'zero', 'cannot_calculate') then {{ expression }}
        end as decimal(38, 12)
    ) as {{ measure }},
    {%- endfor %}
    {%- for measure, type in [
        ('unweighted_base', 'bigint'), ('value_sum', 'double'), ('value_sum_of_squares', 'double'),
    ] %}
    cast(
        case
            when {{ value_state }} in ('reported', 'zero')
                then {{ measure if has_measures else 'null' }}
        end as {{ type }}
    ) as {{ measure }},
    {%- endfor %}
    cast({{ coverage }} as double) as coverage,
    {{ value_state }} as value_state,
    cast({{ value_reason }} as string) as value_reason,
    cast({{ dq_flags }} as string) as dq_flags,
    edition_ids
{%- endmacro %}
