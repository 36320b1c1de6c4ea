-- Every download repeats the whole history, and the row of England (and of an area in two maps)
-- once per parent: the newest edition speaks, once.
with source as (
    select * from {{ source('raw', 'fingertips_indicators') }}
),

renamed as (
    select
        edition_id,
        edition_period_end,
        cast(source_row_number as bigint) as source_row_number,
        indicator_id,
        indicator_name,
        upper(trim(area_code)) as area_code,
        area_name,
        -- Files of 2022 say GP, later ones GPs.
        case when area_type = 'GP' then 'GPs' else area_type end as area_type,
        coalesce(sex, 'Persons') as sex,
        coalesce(age, 'All ages') as age,
        coalesce(category_type, 'all') as category_type,
        coalesce(category, 'all') as category,
        time_period,
        time_period_sortable,
        try_cast(value as double) as value,
        try_cast(lower_95 as double) as lower_95,
        try_cast(upper_95 as double) as upper_95,
        try_cast(numerator as double) as numerator,
        try_cast(denominator as double) as denominator,
        value_note
    from source
),

newest_first as (
    select
        *,
        rank() over (
            partition by indicator_id, area_type, area_code, time_period
            order by edition_period_end desc nulls last, edition_id desc nulls last
        ) as nth_edition,
        row_number() over (
            partition by
                indicator_id, area_type, area_code, time_period, edition_id,
                sex, age, category_type, category
            order by source_row_number asc nulls last
        ) as nth_copy
    from renamed
)

select
    edition_id,
    indicator_id,
    indicator_name,
    area_code,
    area_name,
    area_type,
    sex,
    age,
    category_type,
    category,
    time_period,
    time_period_sortable,
    value,
    lower_95,
    upper_95,
    numerator,
    denominator,
    value_note,
    case
        when value is not null then 'reported'
        when lower(value_note) like '%suppress%' then 'suppressed_source'
        else 'not_available'
    end as value_state
from newest_first
where nth_edition = 1 and nth_copy = 1
