-- A file holds many months and later files repeat the earlier ones: the newest file wins.
with source as (
    select
        edition_id,
        edition_period_end,
        upper(trim(sub_icb_code)) as sub_icb_code,
        {{ parse_date('appointment_month', ['%d%b%Y', '%d-%b-%y', '%d-%b-%Y']) }}
            as appointment_month,
        cast(cast(included_practices as double) as bigint) as included_practices,
        cast(cast(open_practices as double) as bigint) as open_practices,
        cast(cast(patients_at_included_practices as double) as bigint)
            as patients_at_included_practices,
        cast(cast(patients_at_open_practices as double) as bigint) as patients_at_open_practices
    from {{ source('raw', 'gpad_coverage') }}
),

newest_first as (
    select
        *,
        row_number() over (
            partition by sub_icb_code, appointment_month
            order by edition_period_end desc nulls last, edition_id desc nulls last
        ) as nth
    from source
)

select
    edition_id,
    sub_icb_code,
    appointment_month,
    included_practices,
    open_practices,
    patients_at_included_practices,
    patients_at_open_practices
from newest_first
where nth = 1
