-- Referrals as they stand: a referral comes again while its status moves on, and the row of the
-- newest submission says where it stands.
with source as (
    select * from {{ source('restricted', 'sp_referrals') }}
),

typed as (
    select
        edition_id,
        upper(trim(edition_submitter)) as submitter_org_id,
        edition_period_start as submission_period_start,
        edition_period_end as submission_period_end,
        {{ submitted_date('extracted_at') }} as extracted_on,
        trim(referral_id) as referral_id,
        nullif(trim(person_key), '') as person_key,
        upper(trim(provider_org_id)) as provider_org_id,
        {{ submitted_practice_code('practice_code') }} as practice_code,
        {{ submitted_date('referral_date') }} as referral_date,
        lower(nullif(trim(referral_source), '')) as referral_source,
        lower(nullif(trim(status), '')) as status,
        lower(nullif(trim(decline_reason), '')) as decline_reason,
        {{ submitted_date('first_contact_date') }} as first_contact_date,
        {{ submitted_date('plan_agreed_date') }} as plan_agreed_date,
        {{ submitted_date('closed_date') }} as closed_date,
        lower(nullif(trim(closure_reason), '')) as closure_reason,
        lower(nullif(trim(age_band), '')) as age_band,
        lower(nullif(trim(gender), '')) as gender,
        lower(nullif(trim(ethnic_group), '')) as ethnic_group,
        try_cast(trim(imd_decile) as integer) as imd_decile,
        source_row_number
    from source
),

newest_first as (
    select
        *,
        {{ nth_newest_submission(['submitter_org_id', 'referral_id']) }} as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    submission_period_start,
    submission_period_end,
    extracted_on,
    referral_id,
    person_key,
    provider_org_id,
    practice_code,
    referral_date,
    referral_source,
    status,
    decline_reason,
    first_contact_date,
    plan_agreed_date,
    closed_date,
    closure_reason,
    age_band,
    gender,
    ethnic_group,
    imd_decile
from newest_first
where nth = 1
