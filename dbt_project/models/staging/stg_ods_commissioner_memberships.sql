-- Every edition repeats the whole history and may correct it: the newest one alone is read.
with source as (
    select
        *,
        rank() over (
            order by edition_period_end desc nulls last, edition_id desc nulls last
        ) as nth_edition
    from {{ source('raw', 'ods_commissioner_memberships') }}
)

select
    edition_id,
    upper(trim(practice_code)) as practice_code,
    upper(trim(commissioner_code)) as commissioner_code,
    {{ parse_date('joined_date', ['%Y%m%d']) }} as from_date,
    {{ parse_date('left_date', ['%Y%m%d']) }} as to_date
from source
where nth_edition = 1
