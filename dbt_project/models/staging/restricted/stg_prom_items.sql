with source as (
    select * from {{ source('restricted', 'prom_items') }}
),

typed as (
    select
        edition_id,
        upper(trim(edition_submitter)) as submitter_org_id,
        edition_period_start as submission_period_start,
        edition_period_end as submission_period_end,
        {{ submitted_date('extracted_at') }} as extracted_on,
        trim(prom_id) as prom_id,
        nullif(trim(person_key), '') as person_key,
        nullif(trim(referral_id), '') as referral_id,
        {{ submitted_practice_code('practice_code') }} as practice_code,
        upper(trim(instrument)) as instrument,
        trim(instrument_version) as instrument_version,
        lower(nullif(trim(item), '')) as item,
        try_cast(trim(value) as decimal(18, 9)) as value,
        {{ submitted_date('administered_date') }} as administered_date,
        lower(nullif(trim(timepoint), '')) as timepoint,
        source_row_number
    from source
),

newest_first as (
    select
        *,
        {{ nth_newest_submission(['submitter_org_id', 'prom_id']) }} as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    submission_period_start,
    submission_period_end,
    extracted_on,
    prom_id,
    person_key,
    referral_id,
    practice_code,
    instrument,
    instrument_version,
    item,
    value,
    administered_date,
    timepoint
from newest_first
where nth = 1
