{#
    One survey file as answers: one row per area, question, answer option and measure, with codes
    read as states. The files of all levels differ only in how they name their area.

    source_table: the raw table of the level.
    area_type: practice, pcn, icb, region or england.
    area_code: SQL for the code of the area.
#}
{% macro survey_answers(source_table, area_type, area_code) %}
with source as (
    select * from {{ source('raw', source_table) }}
),

renamed as (
    select
        edition_id,
        edition_coverage,
        cast(edition_period as integer) as survey_year,
        '{{ area_type }}' as area_type,
        upper(trim({{ area_code }})) as area_code,
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
{% endmacro %}
