with source as (
    select * from {{ source('raw', 'ods_pcns') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as edition_date,
        pcn_code,
        pcn_name,
        sub_icb_code,
        sub_icb_name,
        {{ parse_date('open_date', ['%Y%m%d']) }} as open_date,
        {{ parse_date('close_date', ['%Y%m%d']) }} as close_date
    from source
)

select
    edition_id,
    edition_date,
    pcn_code,
    pcn_name,
    sub_icb_code,
    sub_icb_name,
    open_date,
    close_date
from renamed
