-- Women and men may come in files of their own; both together are the file that always comes.
with source as (
    select * from {{ source('raw', 'reg_lsoa') }}
    where sex = 'ALL'
),

renamed as (
    select
        edition_id,
        {{ parse_date('extract_date', ['%d%b%Y', '%d-%b-%y', '%d-%b-%Y']) }} as snapshot_date,
        upper(trim(practice_code)) as practice_code,
        upper(trim(lsoa_code)) as lsoa_code,
        cast(patients as bigint) as registered_patients
    from source
)

select
    edition_id,
    snapshot_date,
    practice_code,
    lsoa_code,
    lsoa_code like 'E01%' as is_in_england,
    registered_patients
from renamed
