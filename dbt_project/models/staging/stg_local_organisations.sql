with source as (
    select * from {{ source('raw', 'local_organisations') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        upper(trim(organisation_code)) as organisation_code,
        nullif(trim(organisation_name), '') as organisation_name,
        nullif(lower(trim(organisation_type)), '') as organisation_type,
        upper(trim(icb_code)) as icb_code,
        {{ parse_date('substr(trim(valid_from), 1, 10)', ['%Y-%m-%d']) }} as valid_from,
        {{ parse_date('substr(trim(valid_to), 1, 10)', ['%Y-%m-%d']) }} as valid_to
    from source
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    organisation_code,
    organisation_name,
    organisation_type,
    icb_code,
    valid_from,
    valid_to
from typed
