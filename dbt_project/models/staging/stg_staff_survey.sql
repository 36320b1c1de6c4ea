-- Two senders of one survey of one organisation send the same answers: the newest counts.
with source as (
    select * from {{ source('raw', 'staff_survey') }}
),

typed as (
    select
        edition_id,
        upper(trim(edition_submitter)) as submitter_org_id,
        edition_period_start as submission_period_start,
        edition_period_end as submission_period_end,
        {{ submitted_date('extracted_at') }} as extracted_on,
        upper(trim(org_code)) as org_code,
        upper(trim(wave)) as wave,
        lower(nullif(trim(item), '')) as item,
        cast(try_cast(trim(n_positive) as double) as bigint) as n_positive,
        cast(try_cast(trim(n_base) as double) as bigint) as n_base,
        source_row_number
    from source
),

newest_first as (
    select
        *,
        {{ nth_newest_submission(['org_code', 'wave', 'item']) }} as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    submission_period_start,
    submission_period_end,
    extracted_on,
    org_code,
    wave,
    item,
    n_positive,
    n_base
from newest_first
where nth = 1
