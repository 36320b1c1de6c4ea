with source as (
    select * from {{ source('restricted', 'sp_support') }}
),

typed as (
    select
        edition_id,
        upper(trim(edition_submitter)) as submitter_org_id,
        edition_period_start as submission_period_start,
        edition_period_end as submission_period_end,
        {{ submitted_date('extracted_at') }} as extracted_on,
        trim(support_id) as support_id,
        trim(referral_id) as referral_id,
        lower(nullif(trim(oruk_service_id), '')) as service_id,
        lower(nullif(trim(support_type), '')) as support_type,
        {{ submitted_date('offered_date') }} as offered_date,
        lower(coalesce(nullif(trim(taken_up), ''), 'unknown')) as taken_up,
        {{ submitted_date('taken_up_date') }} as taken_up_date,
        source_row_number
    from source
),

newest_first as (
    select
        *,
        {{ nth_newest_submission(['submitter_org_id', 'support_id']) }} as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    submission_period_start,
    submission_period_end,
    extracted_on,
    support_id,
    referral_id,
    service_id,
    support_type,
    offered_date,
    taken_up,
    taken_up_date
from newest_first
where nth = 1
