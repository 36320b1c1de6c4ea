with source as (
    select *
    from {{ source('raw', 'reg_quinary_age') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('reg_quinary_age')) }}{% endif %}
),

renamed as (
    select
        edition_id,
        {{ parse_date('extract_date', ['%d%b%Y', '%d-%b-%y', '%d-%b-%Y']) }} as snapshot_date,
        organisation_code as practice_code,
        lower(sex) as sex,
        age_band,
        cast(cast(patients as double) as bigint) as registered_patients
    from source
    where
        organisation_type = 'GP'
        and sex <> 'ALL'
        and age_band <> 'ALL'
)

select
    edition_id,
    snapshot_date,
    practice_code,
    sex,
    age_band,
    registered_patients
from renamed
