with source as (
    select *
    from {{ source('raw', 'gpad_mapping') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('gpad_mapping')) }}{% endif %}
),

-- A practice that changed its system supplier within the month stands once per supplier.
practices as (
    select
        edition_id,
        edition_period_start as edition_date,
        practice_code,
        max(practice_name) as practice_name,
        max(pcn_code) as pcn_code,
        max(pcn_name) as pcn_name,
        max(sub_icb_code) as sub_icb_code,
        max(sub_icb_name) as sub_icb_name,
        max(icb_code) as icb_code,
        max(icb_name) as icb_name,
        max(region_code) as region_code,
        max(region_name) as region_name
    from source
    group by edition_id, edition_period_start, practice_code
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
from practices
