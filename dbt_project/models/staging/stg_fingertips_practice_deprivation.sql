with source as (
    select * from {{ source('raw', 'fingertips_practice_deprivation') }}
),

renamed as (
    select
        edition_id,
        cast(time_period as integer) as index_year,
        area_code as practice_code,
        cast(deprivation_score as double) as deprivation_score
    from source
    where
        area_type in ('GP', 'GPs')
        and deprivation_score is not null
)

select
    edition_id,
    index_year,
    practice_code,
    deprivation_score
from renamed
