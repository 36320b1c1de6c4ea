with source as (
    select * from {{ source('raw', 'grants') }}
),

typed as (
    select
        edition_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(grant_id) as grant_id,
        upper(trim(currency)) as currency,
        try_cast(trim(amount_awarded) as decimal(18, 2)) as amount_awarded,
        {{ parse_date('substr(trim(award_date), 1, 10)', ['%Y-%m-%d', '%d/%m/%Y']) }}
            as award_date,
        upper(trim(recipient_org_id)) as recipient_org_id,
        upper(trim(beneficiary_location_code)) as beneficiary_location_code,
        upper(trim(beneficiary_location_code_type)) as beneficiary_location_code_type,
        upper(trim(funding_org_id)) as funding_org_id,
        nullif(trim(funding_org_name), '') as funding_org_name,
        try_cast(trim(last_modified) as timestamp) as last_modified
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by grant_id
            order by
                last_modified desc nulls last,
                period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from typed
)

select
    edition_id,
    period_start,
    period_end,
    grant_id,
    currency,
    amount_awarded,
    award_date,
    recipient_org_id,
    beneficiary_location_code,
    beneficiary_location_code_type,
    funding_org_id,
    funding_org_name,
    last_modified
from newest_first
where nth = 1
