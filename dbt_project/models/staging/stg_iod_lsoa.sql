with source as (
    select * from {{ source('raw', 'iod_lsoa') }}
),

renamed as (
    select
        edition_id,
        cast(extract(year from edition_period_start) as integer) as index_year,
        upper(trim(lsoa_code)) as lsoa_code,
        local_authority_code,
        cast(imd_score as double) as deprivation_score,
        cast(imd_rank as integer) as deprivation_rank,
        cast(imd_decile as integer) as deprivation_decile
    from source
)

select
    edition_id,
    index_year,
    lsoa_code,
    local_authority_code,
    deprivation_score,
    deprivation_rank,
    deprivation_decile
from renamed
