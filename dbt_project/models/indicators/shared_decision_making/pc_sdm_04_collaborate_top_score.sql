-- The answers of both forms at their maximum: three nines, or three fours on the short form. A
-- questionnaire with an item missing has no score and is left out.
with questionnaires as (
    select
        *,
        {{ first_of_month('administered_date') }} as month_start
    from {{ ref('int_questionnaires') }}
    where instrument in ('COLLABORATE9', 'COLLABORATE4') and score is not null
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
        case questionnaires.instrument
            when 'COLLABORATE9' then 'prom_collaborate9'
            else 'prom_collaborate4'
        end as series_id,
        'all' as category_type,
        'all' as category,
        1 as in_denominator,
        case
            when questionnaires.instrument = 'COLLABORATE9' and questionnaires.score = 27 then 1
            when questionnaires.instrument = 'COLLABORATE4' and questionnaires.score = 12 then 1
            else 0
        end as in_numerator,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period,
        questionnaires.edition_id,
        cast(null as string) as second_edition_id
    from questionnaires
    left join submission_months
        on
            questionnaires.submitter_org_id = submission_months.submitter_org_id
            and questionnaires.month_start = submission_months.month_start
),

{{ local_indicator('PC-SDM-04', "'no complete questionnaire'", with_programmes=false) }}
