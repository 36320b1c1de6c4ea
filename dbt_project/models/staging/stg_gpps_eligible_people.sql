-- The survey file repeats the number with every question of the practice.
with source as (
    select
        edition_id,
        edition_coverage,
        cast(edition_period as integer) as survey_year,
        upper(trim(practice_code)) as practice_code,
        {{ survey_value('eligible_population') }} as eligible_people
    from {{ source('raw', 'gpps_practice') }}
)

select
    edition_id,
    edition_coverage,
    survey_year,
    practice_code,
    max(eligible_people) as eligible_people
from source
group by edition_id, edition_coverage, survey_year, practice_code
