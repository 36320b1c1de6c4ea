-- First answers of an episode and the latest follow-up in the window after them (DOMAIN 3.2): 42
-- to 182 days, MYCaW from 28. Baselines without one stay, because completion stands beside every
-- change. A baseline more than 182 days after the one before it begins another episode, so that
-- windows of one person never overlap and a follow-up belongs to one episode only.
with questionnaires as (
    select * from {{ ref('int_questionnaires') }}
    where instrument in ('PAM13', 'UCLA3', 'MYCAW') and score is not null
),

-- Until when each submitter's follow-ups can be in what was sent.
submitters as (
    select
        submitter_org_id,
        max(extracted_on) as last_extracted_on
    from {{ ref('stg_prom_items') }}
    group by submitter_org_id
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'prom_items'
),

dated_baselines as (
    select
        *,
        lag(administered_date) over (
            partition by submitter_org_id, person_key, instrument, instrument_version
            order by administered_date asc nulls last, edition_id asc nulls last
        ) as previous_date
    from questionnaires
    where timepoint = 'baseline'
),

baselines as (
    select
        *,
        {{ first_of_month('administered_date') }} as month_start,
        cast(administered_date + interval '182' day as date) as window_closes_on
    from dated_baselines
    where
        previous_date is null
        or {{ days_between('previous_date', 'administered_date') }} > 182
),

matched as (
    select
        baselines.submitter_org_id,
        baselines.person_key,
        baselines.instrument,
        baselines.instrument_version,
        coalesce(follow_ups.practice_code, baselines.practice_code) as practice_code,
        baselines.administered_date as baseline_date,
        baselines.score as baseline_score,
        baselines.edition_id as baseline_edition_id,
        baselines.month_start,
        baselines.window_closes_on,
        follow_ups.administered_date as follow_up_date,
        follow_ups.score as follow_up_score,
        follow_ups.edition_id as follow_up_edition_id,
        row_number() over (
            partition by
                baselines.submitter_org_id, baselines.person_key, baselines.instrument,
                baselines.instrument_version, baselines.administered_date
            order by
                follow_ups.administered_date desc nulls last,
                follow_ups.edition_id desc nulls last
        ) as nth
    from baselines
    left join questionnaires as follow_ups
        on
            follow_ups.timepoint = 'followup'
            and baselines.submitter_org_id = follow_ups.submitter_org_id
            and baselines.person_key = follow_ups.person_key
            and baselines.instrument = follow_ups.instrument
            and baselines.instrument_version = follow_ups.instrument_version
            and {{ days_between('baselines.administered_date', 'follow_ups.administered_date') }}
            between case when baselines.instrument = 'MYCAW' then 28 else 42 end and 182
),

-- Months from the first answer to the end of the window that submissions cover whole.
covered_months as (
    select
        baselines.submitter_org_id,
        baselines.administered_date,
        count(distinct submission_months.month_start) as whole_months
    from baselines
    inner join submission_months
        on
            baselines.submitter_org_id = submission_months.submitter_org_id
            and baselines.month_start <= submission_months.month_start
            and baselines.window_closes_on >= submission_months.month_start
    where submission_months.is_whole_month
    group by baselines.submitter_org_id, baselines.administered_date
)

select
    matched.submitter_org_id,
    matched.person_key,
    matched.instrument,
    matched.instrument_version,
    matched.practice_code,
    matched.baseline_date,
    matched.baseline_score,
    matched.baseline_edition_id,
    matched.window_closes_on,
    matched.window_closes_on <= submitters.last_extracted_on as is_window_closed,
    coalesce(
        first_months.is_whole_quarter
        and covered_months.whole_months
        = 1
        + 12 * (
            extract(year from matched.window_closes_on) - extract(year from matched.baseline_date)
        )
        + extract(month from matched.window_closes_on)
        - extract(month from matched.baseline_date),
        false
    ) as is_covered,
    matched.follow_up_date,
    matched.follow_up_score,
    matched.follow_up_edition_id
from matched
inner join submitters on matched.submitter_org_id = submitters.submitter_org_id
left join submission_months as first_months
    on
        matched.submitter_org_id = first_months.submitter_org_id
        and matched.month_start = first_months.month_start
left join covered_months
    on
        matched.submitter_org_id = covered_months.submitter_org_id
        and matched.baseline_date = covered_months.administered_date
where matched.nth = 1
