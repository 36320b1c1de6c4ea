select
    extract_name as extract,
    submitter_org_id,
    {{ first_of_quarter('month_start') }} as period_start,
    {{ last_of_quarter('month_start') }} as period_end,
    count(*) as months_covered
from {{ ref('int_submission_months') }}
where is_whole_month
group by
    extract_name,
    submitter_org_id,
    {{ first_of_quarter('month_start') }},
    {{ last_of_quarter('month_start') }}
