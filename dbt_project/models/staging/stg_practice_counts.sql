with source as (
    select
        edition_id,
        source_row_number,
        upper(trim(practice_code)) as practice_code,
        {{ parse_date('month', ['%Y-%m-%d']) }} as month_start,
        lower(trim(measure_concept)) as measure_concept,
        lower(trim(counting_basis)) as counting_basis,
        cast(cast(value as double) as bigint) as value,
        lower(trim(value_state)) as sent_state,
        extracted_at
    from {{ source('raw', 'practice_counts') }}
),

-- A month can be sent again, in a submission of another span or by another hub: the newest wins.
newest_first as (
    select
        *,
        row_number() over (
            partition by practice_code, month_start, measure_concept, counting_basis
            order by
                extracted_at desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from source
),

stated as (
    select
        *,
        case
            when sent_state <> 'reported' then sent_state
            when value is null then 'not_available'
            when value = 0 then 'zero'
            else 'reported'
        end as value_state
    from newest_first
    where nth = 1
)

select
    edition_id,
    practice_code,
    month_start,
    measure_concept,
    counting_basis,
    case when value_state in ('reported', 'zero') then value end as value,
    value_state
from stated
