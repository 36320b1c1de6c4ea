{#
    One survey indicator in the contracted shape: one row per area with a published row and
    category. Each level uses its own published row; levels are never added up.
    Fieldwork runs from January to March; areas are those of its end.

    question: stem of the question whose base is the denominator.
    answer: 'headline' (the publisher's positive answers together) or an answer option (1 to 3).
    numerator_question: where the numerator comes from when it is another question (routed).
    ratio_question: whose recovered ratio gives the effective base, for answers without printed
        limits (DOMAIN 6.5); the question itself unless told.
    with_definitely: also the answer 'yes, definitely' (option 1) alone over the same base.
    before_2024: the same question in the practice files of 2018 to 2023, a series of its own
        (survey_before_2024); none where it was not asked or was worded otherwise.
#}
{% macro survey_indicator(
    indicator_id, question, answer='headline', numerator_question=none, ratio_question=none,
    with_definitely=false, before_2024=none
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
{%- if before_2024 %},

{{ survey_before_2024(with_definitely=with_definitely, **before_2024) }}
{%- endif %}

select
    {{ indicator_columns(
        indicator_id,
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis="case
        when area_type in ('practice', 'england') then 'not_applicable' else 'as_was'
    end",
        period_start='make_date(survey_year, 1, 1)',
        period_end='make_date(survey_year, 3, 31)',
        series_id="'gpps_from_2024'",
        category_type='category_type',
        category='category',
        numerator='answer_weighted_count',
        denominator='headline_weighted_base',
        unweighted_base='headline_unweighted_base',
        effective_base='effective_base_ratio * headline_unweighted_base',
        published_value='answer_proportion',
        published_lower_95='printed_lower_95',
        published_upper_95='printed_upper_95',
        is_printed_plausible='coalesce(is_printed_plausible, false)',
        value_state='value_state',
        value_reason=survey_reason('value_state'),
        dq_flags="case when answer_state = 'below_half_percent' then 'recomputed_from_count' end",
        edition_ids='edition_id'
    ) }}
from states
{%- if before_2024 %}
union all
select
    {{ indicator_columns(
        indicator_id,
        area_code='practice_code',
        area_type="'practice'",
        period_start='make_date(survey_year, 1, 1)',
        period_end='make_date(survey_year, 3, 31)',
        series_id="'gpps_2018_2023'",
        category_type='category_type',
        category='category',
        numerator='answer_weighted_count',
        denominator='weighted_base',
        effective_base='effective_base',
        published_value='answer_proportion',
        published_lower_95='printed_lower_95',
        published_upper_95='printed_upper_95',
        is_printed_plausible='is_printed_plausible',
        value_state='value_state',
        value_reason=survey_reason('value_state'),
        dq_flags='dq_flags',
        edition_ids='edition_id'
    ) }}
from before_2024_states
{%- endif %}
{% endmacro %}


{#
    The question in the practice files of 2018 to 2023: the CTEs that end in before_2024_states,
    one row per practice, year and category.

    The weighted files of these years have weighted bases only, so there is no unweighted base; the
    publisher has suppressed results of fewer than 10 answers. Limits are those printed. The
    effective base that they imply gives limits to answers without printed ones, and to 99.8 %.

    question: number of the question, for example q88.
    answers: numbers of the answers counted, run together as in the file (12 is 1 and 2).
    base: numbers of the answers that make the base; none for everybody who answered.
    limits_of: question, answers whose limits give the effective base, where this one has none.
    flag: remark for every row.
#}
{% macro survey_before_2024(
    question, answers, base=none, limits_of=none, flag=none, with_definitely=false
) %}
{%- set limited = limits_of or {'question': question, 'answers': answers, 'base': base} -%}
{%- set parts = [('all', answers)] -%}
{%- if with_definitely -%}{%- do parts.append(('definitely', '1')) -%}{%- endif -%}
before_2024_limits as (
    select
        edition_id,
        practice_code,
        {{ survey_figure_before_2024('pct', limited.answers) }} as proportion,
        {{ survey_figure_before_2024('ci_lower_wil') }} as lower_95,
        {{ survey_figure_before_2024('ci_upper_wil') }} as upper_95,
        {{ survey_figure_before_2024('base', limited.base) }} as weighted_base
    from {{ ref('stg_gpps_practice_2018_2023') }}
    where question = '{{ limited.question }}'
    group by edition_id, practice_code
),

before_2024_ratios as (
    select
        *,
        {{ survey_published_effective_base('proportion', 'lower_95', 'upper_95') }}
        / nullif(weighted_base, 0e0) as effective_base_ratio
    from before_2024_limits
),

before_2024_answers as (
    {%- for category, options in parts %}
    {%- set is_printed = category == 'all' and not limits_of %}
    select
        edition_id,
        survey_year,
        practice_code,
        '{{ 'all' if category == 'all' else 'answer' }}' as category_type,
        '{{ category }}' as category,
        {{ survey_figure_before_2024('count', options) }} as answer_weighted_count,
        {{ survey_figure_before_2024('pct', options) }} as answer_proportion,
        {{ survey_figure_before_2024('pct', options, 'value_state') }} as answer_state,
        {{ survey_figure_before_2024('base', base) }} as weighted_base,
        {{ survey_figure_before_2024('base', base, 'value_state') }} as base_state,
        {{ survey_figure_before_2024('ci_lower_wil') if is_printed else 'cast(null as double)' }}
            as printed_lower_95,
        {{ survey_figure_before_2024('ci_upper_wil') if is_printed else 'cast(null as double)' }}
            as printed_upper_95
    from {{ ref('stg_gpps_practice_2018_2023') }}
    where question = '{{ question }}'
    group by edition_id, survey_year, practice_code
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

before_2024_states as (
    select
        answers.*,
        ratios.effective_base_ratio * answers.weighted_base as effective_base,
        answers.printed_lower_95 is not null and ratios.effective_base_ratio is not null
            as is_printed_plausible,
        case
            when
                answers.answer_state = 'suppressed_source'
                or answers.base_state = 'suppressed_source'
                then 'suppressed_source'
            when answers.answer_weighted_count is null or answers.weighted_base is null
                then 'not_available'
            when answers.weighted_base = 0 then 'cannot_calculate'
            when answers.answer_weighted_count = 0 then 'zero'
            else 'reported'
        end as value_state,
        nullif(
            {{ "'" ~ (flag or '') ~ "'" }}
            || case
                when answers.answer_state = 'below_half_percent'
                    then '{{ ',' if flag }}recomputed_from_count'
                else ''
            end,
            ''
        ) as dq_flags
    from before_2024_answers as answers
    left join before_2024_ratios as ratios
        on
            answers.edition_id = ratios.edition_id
            and answers.practice_code = ratios.practice_code
)
{%- endmacro %}


{# One figure of a question of 2018 to 2023; answers none for the question as a whole. #}
{% macro survey_figure_before_2024(measure, answers=none, column='published_value') -%}
max(
            case
                when
                    measure = '{{ measure }}'
                    and answer_options {{ "= '" ~ answers ~ "'" if answers else 'is null' }}
                    then {{ column }}
            end
        )
{%- endmacro %}


{# Why a survey figure has no value, in words. #}
{% macro survey_reason(state) -%}
case {{ state }}
        when 'suppressed_source' then 'the survey does not show results of fewer than 10 answers'
        when 'not_available' then 'the survey published no figure for this area'
        when 'cannot_calculate' then 'nobody in the base of this question'
    end
{%- endmacro %}
