with source as (
    select * from {{ source('raw', 'cls_loneliness_lsoa') }}
)

select
    edition_id,
    cast(extract(year from edition_period_start) as integer) as model_year,
    upper(trim(lsoa_code)) as lsoa_code,
    cast(percent_lonely as double) / 100 as proportion_lonely,
    cast(loneliness_decile as integer) as loneliness_decile
from source
