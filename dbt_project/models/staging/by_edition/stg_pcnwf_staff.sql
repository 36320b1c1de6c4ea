with source as (
    select *
    from {{ source('raw', 'pcnwf_staff') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('pcnwf_staff')) }}{% endif %}
),

renamed as (
    select
        edition_id,
        edition_period_start as census_month_start,
        edition_period_end as census_date,
        pcn_code,
        pcn_name,
        sub_icb_code,
        sub_icb_name,
        icb_code,
        icb_name,
        region_code,
        region_name,
        data_source,
        lower(trim(staff_role)) as staff_role,
        cast(fte as decimal(18, 9)) as fte,
        unique_identifier
    from source
)

select
    edition_id,
    census_month_start,
    census_date,
    pcn_code,
    pcn_name,
    sub_icb_code,
    sub_icb_name,
    icb_code,
    icb_name,
    region_code,
    region_name,
    data_source,
    staff_role,
    fte,
    unique_identifier
from renamed
