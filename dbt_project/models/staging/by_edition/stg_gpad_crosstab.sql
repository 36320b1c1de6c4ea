-- Added up over supplier, professional, mode and wait as early as it can be: the crosstab of
-- England has about two million rows a month.
with source as (
    select
        edition_id,
        {{ parse_date('appointment_month', ['%d%b%Y', '%d-%b-%y', '%d-%b-%Y']) }}
            as appointment_month,
        upper(trim(practice_code)) as practice_code,
        trim(national_category) as national_category,
        trim(appointment_status) as appointment_status,
        cast(cast(appointments as double) as bigint) as appointments
    from {{ source('raw', 'gpad_crosstab') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('gpad_crosstab')) }}{% endif %}
)

select
    edition_id,
    appointment_month,
    practice_code,
    national_category,
    appointment_status,
    cast(sum(appointments) as bigint) as appointments
from source
group by edition_id, appointment_month, practice_code, national_category, appointment_status
