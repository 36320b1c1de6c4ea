{#
    An indicator of people who answered twice: one row per practice or programme, quarter of the
    first answer and category. Change and completion are of the same people, those with a first
    answer in the quarter whose window for a follow-up has closed: beside every change stands, as
    category 'completed' of category_type 'follow_up', how many of them have answered twice.

    value: SQL expression of baseline_score and follow_up_score, 1 or 0, or the change where the
        mean is wanted (is_mean).
    population: SQL condition on the baseline that makes a person one of those asked about.
#}
{% macro paired_indicator(
    indicator_id, instrument, series_id, value, population='true', is_mean=false
) %}
with first_answers as (
    select
        *,
        {{ first_of_quarter('baseline_date') }} as period_start,
        {{ last_of_quarter('baseline_date') }} as period_end
    from {{ ref('int_questionnaire_pairs') }}
    where instrument = '{{ instrument }}' and {{ population }}
),

-- Of all that a submitter has of the quarter, so that a board of practices of which one still
-- waits is no more complete than that practice.
cohorts as (
    select
        *,
        min(case when is_window_closed and is_covered then 1 else 0 end) over (
            partition by submitter_org_id, period_start
        ) = 1 as is_whole_period
    from first_answers
),

measures as (
    select 'all' as category_type, 'all' as category
    union all
    select 'follow_up' as category_type, 'completed' as category
),

events as (
    select
        cohorts.practice_code,
        cohorts.submitter_org_id as programme_code,
        cohorts.period_start,
        cohorts.period_end,
        '{{ series_id }}' as series_id,
        measures.category_type,
        measures.category,
        case
            when measures.category = 'completed' or cohorts.follow_up_date is not null then 1
            else 0
        end as in_denominator,
        cast(
            case
                when cohorts.follow_up_date is null then 0
                when measures.category = 'completed' then 1
                else {{ value }}
            end as decimal(18, 9)
        ) as in_numerator,
        cohorts.is_whole_period,
        cohorts.baseline_edition_id as edition_id,
        cohorts.follow_up_edition_id as second_edition_id
    from cohorts
    cross join measures
    where cohorts.is_window_closed
),

{{ local_indicator(
    indicator_id,
    "'nobody whose window for a follow-up has closed answered twice'",
    is_mean=is_mean
) }}
{% endmacro %}
