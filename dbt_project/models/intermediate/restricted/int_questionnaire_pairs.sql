-- First answers and the latest follow-up in the window after them (DOMAIN 3.2): 42 to 182 days,
-- MYCaW from 28. Baselines without one stay, because completion stands beside every change.
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

baselines as (
    select
        *,
        cast(administered_date + interval '182' day as date) as window_closes_on,
        row_number() over (
            partition by submitter_org_id, person_key, instrument, instrument_version
            order by administered_date asc nulls last, edition_id asc nulls last
        ) as nth
    from questionnaires
    where timepoint = 'baseline'
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
        baselines.window_closes_on,
        follow_ups.administered_date as follow_up_date,
        follow_ups.score as follow_up_score,
        follow_ups.edition_id as follow_up_edition_id,
        row_number() over (
            partition by
                baselines.submitter_org_id, baselines.person_key, baselines.instrument,
                baselines.instrument_version
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
    where baselines.nth = 1
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
    matched.follow_up_date,
    matched.follow_up_score,
    matched.follow_up_edition_id
from matched
inner join submitters on matched.submitter_org_id = submitters.submitter_org_id
where matched.nth = 1
