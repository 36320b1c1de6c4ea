{#
    One survey indicator in the contracted shape: one row per area with a published row and
    category. Each level uses its own published row; levels are never added up.

    question: stem of the question whose base is the denominator.
    answer: 'headline' (the publisher's positive answers together) or an answer option (1 to 3).
    numerator_question: where the numerator comes from when it is another question (routed).
    ratio_question: whose recovered ratio gives the effective base, for answers without printed
        limits (DOMAIN 6.5); the question itself unless told.
    with_definitely: also the answer 'yes, definitely' (option 1) alone over the same base.
#}
{% macro survey_indicator(
    indicator_id, question, answer='headline', numerator_question=none, ratio_question=none,
    with_definitely=false
) %}
{%- set headline = answer == 'headline' and numerator_question is none -%}
{%- set part = 'headline' if answer == 'headline' else 'option_' ~ answer -%}
{%- set state_part = part if numerator_question is none else 'option_1' -%}
with source as (
    select * from {{ ref('int_survey_questions') }}
    where question = '{{ question }}'
),

numerator_source as (
    select * from {{ ref('int_survey_questions') }}
    where question = '{{ numerator_question or question }}'
),

effective_bases as (
    select * from {{ ref('int_survey_effective_bases') }}
    where question = '{{ ratio_question or question }}'
),

joined as (
    select
        source.*,
        effective_bases.effective_base_ratio,
        effective_bases.is_printed_plausible,
        numerator_source.{{ 'headline' if answer == 'headline' else 'option_' ~ answer }}_weighted_count
            as answer_weighted_count,
        {%- if numerator_question is none %}
        source.{{ part }}_proportion as answer_proportion,
        {%- else %}
        -- Routed: the publisher prints no share of this base, so it is the quotient of counts.
        cast(null as double) as answer_proportion,
        {%- endif %}
        numerator_source.{{ state_part }}_state as answer_state
    from source
    left join numerator_source
        on
            source.edition_id = numerator_source.edition_id
            and source.area_type = numerator_source.area_type
            and source.area_code = numerator_source.area_code
    left join effective_bases
        on
            source.edition_id = effective_bases.edition_id
            and source.area_type = effective_bases.area_type
            and source.area_code = effective_bases.area_code
),

all_answers as (
    select
        'all' as category_type,
        'all' as category,
        answer_weighted_count,
        answer_proportion,
        answer_state,
        {{ 'printed_lower_95' if headline else 'cast(null as double)' }} as printed_lower_95,
        {{ 'printed_upper_95' if headline else 'cast(null as double)' }} as printed_upper_95,
        edition_id,
        survey_year,
        area_type,
        area_code,
        headline_unweighted_base,
        headline_weighted_base,
        headline_state,
        effective_base_ratio,
        is_printed_plausible
    from joined
    {%- if with_definitely %}
    union all
    select
        'answer' as category_type,
        'definitely' as category,
        option_1_weighted_count as answer_weighted_count,
        option_1_proportion as answer_proportion,
        option_1_state as answer_state,
        cast(null as double) as printed_lower_95,
        cast(null as double) as printed_upper_95,
        edition_id,
        survey_year,
        area_type,
        area_code,
        headline_unweighted_base,
        headline_weighted_base,
        headline_state,
        effective_base_ratio,
        is_printed_plausible
    from joined
    {%- endif %}
),

states as (
    select
        *,
        case
            when
                headline_state = 'suppressed_source'
                or answer_state = 'suppressed_source'
                then 'suppressed_source'
            when answer_weighted_count is null or headline_weighted_base is null
                then 'not_available'
            when headline_weighted_base = 0 then 'cannot_calculate'
            when answer_weighted_count = 0 then 'zero'
            else 'reported'
        end as value_state
    from all_answers
)

select
    '{{ indicator_id }}' as indicator_id,
    area_code,
    area_type,
    case when area_type = 'icb' then 'as_was' else 'not_applicable' end as hierarchy_basis,
    make_date(survey_year, 1, 1) as period_start,
    -- Fieldwork ends in March; practices are placed where they stood then.
    make_date(survey_year, 3, 31) as period_end,
    'gpps_from_2024' as series_id,
    category_type,
    category,
    cast(answer_weighted_count as decimal(38, 12)) as numerator,
    cast(headline_weighted_base as decimal(38, 12)) as denominator,
    cast(headline_unweighted_base as bigint) as unweighted_base,
    effective_base_ratio * headline_unweighted_base as effective_base,
    cast(null as double) as value_sum,
    cast(null as double) as value_sum_of_squares,
    answer_proportion as published_value,
    printed_lower_95 as published_lower_95,
    printed_upper_95 as published_upper_95,
    coalesce(is_printed_plausible, false) as is_printed_plausible,
    value_state,
    case value_state
        when 'suppressed_source' then 'the survey does not show results of fewer than 10 answers'
        when 'not_available' then 'the survey published no figure for this area'
        when 'cannot_calculate' then 'nobody in the base of this question'
    end as value_reason,
    case
        when answer_state = 'below_half_percent' then 'recomputed_from_count'
    end as dq_flags,
    edition_id as edition_ids
from states
{% endmacro %}
