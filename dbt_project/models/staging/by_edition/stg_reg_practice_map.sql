with source as (
    select *
    from {{ source('raw', 'reg_practice_map') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('reg_practice_map')) }}{% endif %}
),

renamed as (
    select
        edition_id,
        edition_period_start as edition_date,
        practice_code,
        practice_name,
        pcn_code,
        pcn_name,
        sub_icb_code,
        sub_icb_name,
        icb_code,
        icb_name,
        region_code,
        region_name
    from source
)

select
    edition_id,
    edition_date,
    practice_code,
    practice_name,
    pcn_code,
    pcn_name,
    sub_icb_code,
    sub_icb_name,
    icb_code,
    icb_name,
    region_code,
    region_name
from renamed
