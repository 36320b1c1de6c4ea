with source as (
    select * from {{ source('raw', 'ods_practices') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as edition_date,
        practice_code,
        practice_name,
        nullif(trim(sub_icb_code), '') as sub_icb_code,
        nullif(trim(icb_code), '') as icb_code,
        nullif(trim(region_code), '') as region_code,
        status_code,
        {{ parse_date('open_date', ['%Y%m%d']) }} as open_date,
        {{ parse_date('close_date', ['%Y%m%d']) }} as close_date
    from source
    where
        prescribing_setting = '4'
        and coalesce(region_code, '') <> 'W00'
        -- dummy practices (DOMAIN 8.1)
        and practice_code not in ('V81997', 'V81998', 'V81999')
)

select
    edition_id,
    edition_date,
    practice_code,
    practice_name,
    sub_icb_code,
    icb_code,
    region_code,
    status_code,
    open_date,
    close_date
from renamed
