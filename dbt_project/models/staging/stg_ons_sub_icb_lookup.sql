with source as (
    select * from {{ source('raw', 'ons_sub_icb_lookup') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as edition_date,
        sub_icb_code,
        sub_icb_ons_code,
        sub_icb_name,
        icb_code,
        icb_ons_code,
        icb_name,
        region_code,
        region_ons_code,
        region_name
    from source
)

select
    edition_id,
    edition_date,
    sub_icb_code,
    sub_icb_ons_code,
    sub_icb_name,
    icb_code,
    icb_ons_code,
    icb_name,
    region_code,
    region_ons_code,
    region_name
from renamed
