with source as (
    select *
    from {{ source('raw', 'reg_list_sizes') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('reg_list_sizes')) }}{% endif %}
),

renamed as (
    select
        edition_id,
        {{ parse_date('extract_date', ['%d%b%Y', '%d-%b-%y', '%d-%b-%Y']) }} as snapshot_date,
        practice_code,
        cast(cast(patients as double) as bigint) as registered_patients
    from source
)

select
    edition_id,
    snapshot_date,
    practice_code,
    registered_patients
from renamed
