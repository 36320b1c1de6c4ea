{#
    The select list of an indicator model in the contracted shape, so that no model repeats the
    columns that its method does not use.

    indicator_id: the identifier. All other arguments are SQL expressions.
    area_type: a level in quotes, or a column. hierarchy_basis: 'not_applicable' unless the source
        publishes boards only.
    value_sum, value_sum_of_squares: means only. unweighted_base, effective_base: surveys.
    published_value and limits: where they come with the source, or from a method of groups (slope
        index, similarity).
#}
{%- macro indicator_columns(
    indicator_id,
    area_code,
    area_type,
    period_start,
    period_end,
    series_id,
    numerator,
    denominator,
    value_state,
    value_reason,
    edition_ids,
    hierarchy_basis="'not_applicable'",
    category_type="'all'",
    category="'all'",
    unweighted_base='null',
    effective_base='null',
    value_sum='null',
    value_sum_of_squares='null',
    published_value='null',
    published_lower_95='null',
    published_upper_95='null',
    is_printed_plausible='false',
    dq_flags='null'
) -%}
'{{ indicator_id }}' as indicator_id,
    {{ area_code }} as area_code,
    {{ area_type }} as area_type,
    {{ hierarchy_basis }} as hierarchy_basis,
    {{ period_start }} as period_start,
    {{ period_end }} as period_end,
    {{ series_id }} as series_id,
    {{ category_type }} as category_type,
    {{ category }} as category,
    cast({{ numerator }} as decimal(38, 12)) as numerator,
    cast({{ denominator }} as decimal(38, 12)) as denominator,
    cast({{ unweighted_base }} as bigint) as unweighted_base,
    cast({{ effective_base }} as double) as effective_base,
    cast({{ value_sum }} as double) as value_sum,
    cast({{ value_sum_of_squares }} as double) as value_sum_of_squares,
    cast({{ published_value }} as double) as published_value,
    cast({{ published_lower_95 }} as double) as published_lower_95,
    cast({{ published_upper_95 }} as double) as published_upper_95,
    {{ is_printed_plausible }} as is_printed_plausible,
    {{ value_state }} as value_state,
    cast({{ value_reason }} as string) as value_reason,
    cast({{ dq_flags }} as string) as dq_flags,
    {{ edition_ids }} as edition_ids
{%- endmacro -%}
