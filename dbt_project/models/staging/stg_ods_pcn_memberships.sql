with source as (
    select * from {{ source('raw', 'ods_pcn_memberships') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as edition_date,
        practice_code,
        practice_name,
        pcn_code,
        practice_sub_icb_code,
        {{ parse_date('start_date', ['%Y%m%d']) }} as start_date,
        {{ parse_date('end_date', ['%Y%m%d']) }} as end_date
    from source
)

select
    edition_id,
    edition_date,
    practice_code,
    practice_name,
    pcn_code,
    practice_sub_icb_code,
    start_date,
    end_date
from renamed
