{#
    An indicator of people who answered twice: one row per practice or programme, quarter of the
    follow-up and category. Beside every change stands, as category 'completed' of category_type
    'follow_up', how many of the people whose window for a follow-up closed in that quarter have
    answered twice.

    value: SQL expression of baseline_score and follow_up_score, 1 or 0, or the change where the
        mean is wanted (is_mean).
    population: SQL condition on the baseline that makes a person one of those asked about.
#}
{% macro paired_indicator(
    indicator_id, instrument, series_id, value, population='true', is_mean=false
) %}
with pairs as (
    select
        *,
        {{ first_of_month('follow_up_date') }} as follow_up_month,
        {{ first_of_month('window_closes_on') }} as closing_month
    from {{ ref('int_questionnaire_pairs') }}
    where instrument = '{{ instrument }}' and {{ population }}
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'prom_items'
),

answered_twice as (
    select
        pairs.*,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period
    from pairs
    left join submission_months
        on
            pairs.submitter_org_id = submission_months.submitter_org_id
            and pairs.follow_up_month = submission_months.month_start
    where pairs.follow_up_date is not null
),

window_closed as (
    select
        pairs.*,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period
    from pairs
    left join submission_months
        on
            pairs.submitter_org_id = submission_months.submitter_org_id
            and pairs.closing_month = submission_months.month_start
    where pairs.is_window_closed
),

events as (
    select
        practice_code,
        submitter_org_id as programme_code,
        {{ first_of_quarter('follow_up_date') }} as period_start,
        {{ last_of_quarter('follow_up_date') }} as period_end,
        '{{ series_id }}' as series_id,
        'all' as category_type,
        'all' as category,
        1 as in_denominator,
        cast({{ value }} as decimal(18, 9)) as in_numerator,
        is_whole_period,
        baseline_edition_id as edition_id,
        follow_up_edition_id as second_edition_id
    from answered_twice
    union all
    select
        practice_code,
        submitter_org_id as programme_code,
        {{ first_of_quarter('window_closes_on') }} as period_start,
        {{ last_of_quarter('window_closes_on') }} as period_end,
        '{{ series_id }}' as series_id,
        'follow_up' as category_type,
        'completed' as category,
        1 as in_denominator,
        cast(case when follow_up_date is null then 0 else 1 end as decimal(18, 9)) as in_numerator,
        is_whole_period,
        baseline_edition_id as edition_id,
        follow_up_edition_id as second_edition_id
    from window_closed
    union all
    -- No change stands without its completion: where no window has closed, the row says so.
    select
        practice_code,
        submitter_org_id as programme_code,
        {{ first_of_quarter('follow_up_date') }} as period_start,
        {{ last_of_quarter('follow_up_date') }} as period_end,
        '{{ series_id }}' as series_id,
        'follow_up' as category_type,
        'completed' as category,
        0 as in_denominator,
        cast(0 as decimal(18, 9)) as in_numerator,
        is_whole_period,
        baseline_edition_id as edition_id,
        follow_up_edition_id as second_edition_id
    from answered_twice
),

{{ local_indicator(
    indicator_id,
    "'no window for a follow-up has closed in the quarter, as far as the data go'",
    is_mean=is_mean
) }}
{% endmacro %}
