with source as (
    select * from {{ source('raw', 'gpps_practice_2018_2023') }}
),

-- A column without a measure in its name is the weighted count of the answers it names.
renamed as (
    select
        edition_id,
        edition_coverage,
        cast(edition_period as integer) as survey_year,
        upper(trim(practice_code)) as practice_code,
        question,
        answer_option as answer_options,
        coalesce(nullif(measure, ''), 'count') as measure,
        {{ survey_value('published_value') }} as published_value,
        {{ survey_value_state('published_value') }} as value_state
    from source
)

select
    edition_id,
    edition_coverage,
    survey_year,
    practice_code,
    question,
    answer_options,
    measure,
    published_value,
    value_state
from renamed
