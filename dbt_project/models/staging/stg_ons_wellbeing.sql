with source as (
    select * from {{ source('raw', 'ons_wellbeing') }}
),

renamed as (
    select
        edition_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        upper(trim(area_code)) as area_code,
        area_name,
        case
            when measure like '%satisfaction%' then 'life_satisfaction'
            when measure like '%worthwhile%' then 'worthwhile'
            when measure like '%happiness%' then 'happiness'
            when measure like '%anxiety%' then 'anxiety'
        end as measure,
        try_cast(mean_rating as double) as mean_rating
    from source
    where notes is null or lower(notes) not like 'obsolete code%'
)

select
    edition_id,
    period_start,
    period_end,
    area_code,
    area_name,
    measure,
    mean_rating,
    case when mean_rating is null then 'not_available' else 'reported' end as value_state
from renamed
