-- Questionnaires answered, with the score of those that an indicator uses (DOMAIN 3.2).
with items as (
    select * from {{ ref('stg_prom_items') }}
    where instrument in ('PAM13', 'UCLA3', 'COLLABORATE9', 'COLLABORATE4', 'SDMQ9', 'MYCAW')
),

-- A questionnaire that comes again comes whole: answers of two submissions are never mixed, and of
-- an item given twice on one day the last counts.
newest_first as (
    select
        *,
        dense_rank() over (
            partition by
                submitter_org_id, person_key, instrument, instrument_version,
                administered_date, timepoint
            order by
                extracted_on desc nulls last,
                submission_period_end desc nulls last,
                edition_id desc nulls last
        ) as nth_submission,
        row_number() over (
            partition by
                submitter_org_id, person_key, instrument, instrument_version,
                administered_date, timepoint, edition_id, item
            order by prom_id desc nulls last
        ) as nth_of_item
    from items
),

answers as (
    select
        *,
        -- MYCaW is read by its first concern; totals are scores that come ready made.
        item <> 'total' and (instrument <> 'MYCAW' or item = 'concern_1') as is_scored
    from newest_first
    where nth_submission = 1 and nth_of_item = 1
),

questionnaires as (
    select
        edition_id,
        submitter_org_id,
        person_key,
        max(practice_code) as practice_code,
        instrument,
        instrument_version,
        administered_date,
        timepoint,
        cast(count(case when is_scored then value end) as integer) as answered_items,
        cast(sum(case when is_scored then value end) as decimal(18, 9)) as sum_of_items,
        max(case when item = 'total' then value end) as total
    from answers
    group by
        edition_id, submitter_org_id, person_key, instrument, instrument_version,
        administered_date, timepoint
)

select
    edition_id,
    submitter_org_id,
    person_key,
    practice_code,
    instrument,
    instrument_version,
    administered_date,
    timepoint,
    answered_items,
    -- Where the items are there the score is made of them, so that missing ones are seen.
    cast(
        case
            when answered_items = 0 then total
            when
                instrument in ('UCLA3', 'COLLABORATE9', 'COLLABORATE4') and answered_items = 3
                then sum_of_items
            when instrument = 'MYCAW' then sum_of_items
            when instrument = 'SDMQ9' then {{ sdmq9_score('sum_of_items', 'answered_items') }}
        end as decimal(18, 9)
    ) as score
from questionnaires
