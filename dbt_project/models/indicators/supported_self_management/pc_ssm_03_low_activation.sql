-- People, not questionnaires: of two first answers in one quarter the earlier counts.
with baselines as (
    select
        *,
        {{ first_of_month('administered_date') }} as month_start,
        {{ first_of_quarter('administered_date') }} as quarter_start,
        row_number() over (
            partition by
                submitter_org_id, person_key, {{ first_of_quarter('administered_date') }}
            order by administered_date asc nulls last, instrument_version asc nulls last
        ) as nth
    from {{ ref('int_questionnaires') }}
    where instrument = 'PAM13' and timepoint = 'baseline' and score is not null
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'prom_items'
),

events as (
    select
        baselines.practice_code,
        baselines.submitter_org_id as programme_code,
        baselines.quarter_start as period_start,
        {{ last_of_quarter('baselines.administered_date') }} as period_end,
        'prom_pam13' as series_id,
        'all' as category_type,
        'all' as category,
        1 as in_denominator,
        -- Level 3 begins at 55.2 (DOMAIN 3.2).
        case when baselines.score <= 55.1 then 1 else 0 end as in_numerator,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period,
        baselines.edition_id,
        cast(null as string) as second_edition_id
    from baselines
    left join submission_months
        on
            baselines.submitter_org_id = submission_months.submitter_org_id
            and baselines.month_start = submission_months.month_start
    where baselines.nth = 1
),

{{ local_indicator('PC-SSM-03', "'no first answer with a score'") }}
