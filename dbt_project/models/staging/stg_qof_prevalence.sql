with source as (
    select * from {{ source('raw', 'qof_prevalence') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        practice_code,
        group_code,
        patient_list_type,
        cast(cast(register as double) as bigint) as people_on_register,
        cast(cast(practice_list_size as double) as bigint) as list_size
    from source
)

select
    edition_id,
    period_start,
    period_end,
    practice_code,
    group_code,
    patient_list_type,
    people_on_register,
    list_size
from renamed
