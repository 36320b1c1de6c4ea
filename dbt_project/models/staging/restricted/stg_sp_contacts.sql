with source as (
    select * from {{ source('restricted', 'sp_contacts') }}
),

typed as (
    select
        edition_id,
        upper(trim(edition_submitter)) as submitter_org_id,
        edition_period_start as submission_period_start,
        edition_period_end as submission_period_end,
        {{ submitted_date('extracted_at') }} as extracted_on,
        trim(contact_id) as contact_id,
        trim(referral_id) as referral_id,
        {{ submitted_date('contact_date') }} as contact_date,
        lower(nullif(trim(mode), '')) as contact_mode,
        lower(nullif(trim(worker_role), '')) as worker_role,
        lower(nullif(trim(outcome), '')) as outcome,
        cast(try_cast(trim(minutes) as double) as integer) as minutes,
        source_row_number
    from source
),

newest_first as (
    select
        *,
        {{ nth_newest_submission(['submitter_org_id', 'contact_id']) }} as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    submission_period_start,
    submission_period_end,
    extracted_on,
    contact_id,
    referral_id,
    contact_date,
    contact_mode,
    worker_role,
    outcome,
    minutes
from newest_first
where nth = 1
