with questionnaires as (
    select
        *,
        {{ first_of_month('administered_date') }} as month_start
    from {{ ref('int_questionnaires') }}
    where instrument = 'SDMQ9' and score is not null
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'prom_items'
),

events as (
    select
        questionnaires.practice_code,
        questionnaires.submitter_org_id as programme_code,
        {{ first_of_quarter('questionnaires.administered_date') }} as period_start,
        {{ last_of_quarter('questionnaires.administered_date') }} as period_end,
        'prom_sdmq9' as series_id,
        'all' as category_type,
        'all' as category,
        1 as in_denominator,
        questionnaires.score as in_numerator,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period,
        questionnaires.edition_id,
        cast(null as string) as second_edition_id
    from questionnaires
    left join submission_months
        on
            questionnaires.submitter_org_id = submission_months.submitter_org_id
            and questionnaires.month_start = submission_months.month_start
),

{{ local_indicator(
    'PC-SDM-05', "'no questionnaire with a score'", is_mean=true, with_programmes=false
) }}
