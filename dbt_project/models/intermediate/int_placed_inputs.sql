-- Every input of every level on its bases, with the gaps, in one shape.
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id', 'category_type', 'category',
] %}
{%- set measures = {
    'numerator': 'decimal(38, 12)', 'denominator': 'decimal(38, 12)', 'unweighted_base': 'bigint',
    'effective_base': 'double', 'value_sum': 'double', 'value_sum_of_squares': 'double',
    'published_value': 'double', 'published_lower_95': 'double', 'published_upper_95': 'double',
} %}
{%- set summed_measures = [
    'numerator', 'denominator', 'unweighted_base', 'value_sum', 'value_sum_of_squares',
] %}
{%- set rolled_up = [
    'int_rolled_up_practices', 'int_rolled_up_organisations', 'int_rolled_up_networks',
] %}
with published as (
    select
        *,
        cast(null as double) as coverage
    from {{ ref('int_indicator_inputs') }}
),

boards as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for measure, type in measures.items() %}
        {{ measure if measure in summed_measures else 'cast(null as ' ~ type ~ ')' }}
            as {{ measure }},
        {%- endfor %}
        false as is_printed_plausible,
        value_state,
        value_reason,
        dq_flags,
        edition_ids,
        coverage
    from {{ ref('int_rolled_up_boards') }}
),

-- What a publisher printed, or published for boards only, cannot be placed anew: as it is today it
-- is the same figure, where the area's membership has not changed since.
as_printed as (
    select published.*
    from published
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on published.indicator_id = catalogue.indicator_id
    where
        published.hierarchy_basis = 'as_was'
        and catalogue.rolls_up_from in ('published', 'icb', 'pcn')
    union all
    select * from boards
    where hierarchy_basis = 'as_was'
),

as_printed_with_changes as (
    select
        as_printed.*,
        changes.practices_moved
    from as_printed
    left join {{ ref('int_membership_changes') }} as changes
        on
            as_printed.area_type = changes.area_type
            and as_printed.area_code = changes.area_code
            and as_printed.period_end = changes.period_end
),

gaps as (
    select
        indicator_id,
        area_code,
        area_type,
        hierarchy_basis,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        value_reason,
        edition_ids
    from {{ ref('int_survey_gaps') }}
    union all
    select
        indicator_id,
        area_code,
        'practice' as area_type,
        'not_applicable' as hierarchy_basis,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        value_reason,
        edition_ids
    from {{ ref('int_practice_gaps') }}
)

select
    {%- for key in keys %}
    {{ key }},
    {%- endfor %}
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    is_printed_plausible,
    value_state,
    value_reason,
    dq_flags,
    edition_ids,
    coverage
from published
union all
select
    {%- for key in keys %}
    {{ key }},
    {%- endfor %}
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    is_printed_plausible,
    value_state,
    value_reason,
    dq_flags,
    edition_ids,
    coverage
from boards
union all
select
    {%- for key in keys %}
    {{ "'as_is' as hierarchy_basis" if key == 'hierarchy_basis' else key }},
    {%- endfor %}
    {%- for measure in measures %}
    case when practices_moved is null then {{ measure }} end as {{ measure }},
    {%- endfor %}
    is_printed_plausible,
    case when practices_moved is null then value_state else 'not_available' end as value_state,
    case
        when practices_moved is null then value_reason
        else
            cast(practices_moved as string)
            || ' practice(s) moved in or out since; nothing is published on today''s membership'
    end as value_reason,
    dq_flags,
    edition_ids,
    coverage
from as_printed_with_changes
{%- for model in rolled_up %}
union all
select
    {%- for key in keys %}
    {{ key }},
    {%- endfor %}
    {%- for measure, type in measures.items() %}
    {{ measure if measure in summed_measures else 'cast(null as ' ~ type ~ ')' }} as {{ measure }},
    {%- endfor %}
    false as is_printed_plausible,
    value_state,
    value_reason,
    dq_flags,
    edition_ids,
    coverage
from {{ ref(model) }}
{%- endfor %}
union all
select
    {%- for key in keys %}
    {{ key }},
    {%- endfor %}
    {%- for measure, type in measures.items() %}
    cast(null as {{ type }}) as {{ measure }},
    {%- endfor %}
    false as is_printed_plausible,
    'not_available' as value_state,
    value_reason,
    cast(null as string) as dq_flags,
    edition_ids,
    cast(null as double) as coverage
from gaps
