with source as (
    select * from {{ source('raw', 'gpps_ics') }}
),

renamed as (
    select
        edition_id,
        edition_coverage,
        cast(edition_period as integer) as survey_year,
        'icb' as area_type,
        icb_code as area_code,
        question,
        cast(answer_option as integer) as answer_option,
        measure,
        {{ survey_value('published_value') }} as published_value,
        {{ survey_value_state('published_value') }} as value_state
    from source
)

select
    edition_id,
    edition_coverage,
    survey_year,
    area_type,
    area_code,
    question,
    answer_option,
    measure,
    published_value,
    value_state
from renamed
