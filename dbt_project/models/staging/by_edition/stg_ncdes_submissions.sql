-- Counts of the Network Contract DES about personalised care, both layouts in one shape.
with source as (
    select *
    from {{ source('raw', 'ncdes_counts') }}
    {% if is_incremental() %}{{ only_editions(changed_editions('ncdes_counts')) }}{% endif %}
),

trimmed as (
    select
        edition_id,
        edition_period_end,
        source_row_number,
        upper(trim(quality_service)) as quality_service,
        upper(trim(practice_code)) as practice_code,
        nullif(trim(practice_name), '') as practice_name,
        {{ parse_date('achievement_date', ['%d/%m/%Y', '%Y%m%d', '%Y-%m-%d']) }}
            as achievement_date,
        upper(trim(indicator_code)) as indicator_code,
        -- Rules come as SOCPRESDEC or, from 2024/25 on, as Rule 2: SOCPRESDEC1_DAT.
        case
            when measure like 'Rule %: %' then trim(split_part(measure, ': ', 2))
            else trim(measure)
        end as measure_name,
        trim(value) as value_text,
        try_cast(trim(value) as double) as value_number,
        default_values_used,
        {{ parse_date('submit_date', ['%d/%m/%Y', '%Y%m%d']) }} as submitted_on,
        submit_time
    from source
    where coalesce(upper(trim(last_submission)), 'Y') <> 'N'
),

with_concept as (
    select
        trimmed.*,
        concordance.measure_concept
    from trimmed
    inner join {{ ref('ncdes_concordance') }} as concordance
        on
            trimmed.indicator_code = concordance.indicator_code
            and trimmed.quality_service >= concordance.first_quality_service
            and trimmed.quality_service <= concordance.last_quality_service
    where
        -- dummy practices, and the code that stands for none (DOMAIN 8.1)
        trimmed.practice_code not in ('V81997', 'V81998', 'V81999', 'UNALLOCATED')
        -- a second copy of the denominator, which the publisher removes as well
        and lower(trimmed.measure_name) <> 'num patients in set'
),

-- Submissions spell measures out: "Of the denominator, …" is the numerator, a rule is one word, and
-- any other text describes the denominator (all indicators of the concordance, names of 2024/25).
measured as (
    select
        *,
        case
            when
                lower(measure_name) = 'numerator'
                or lower(measure_name) like 'of the denominator%'
                then 'numerator'
            when lower(measure_name) in ('denominator', 'register') then lower(measure_name)
            when lower(measure_name) in ('management information', 'mi count')
                then 'management_information'
            when measure_name not like '% %' then 'rule'
            else 'denominator'
        end as measure_kind
    from with_concept
),

named as (
    select
        *,
        case when measure_kind = 'rule' then measure_name else measure_kind end as measure,
        coalesce(value_number >= 0 and value_number = floor(value_number), false) as is_count
    from measured
)

select
    edition_id,
    edition_period_end,
    source_row_number,
    quality_service,
    make_date(2000 + try_cast(substr(quality_service, 4, 2) as integer), 4, 1) as service_start,
    practice_code,
    coalesce(upper(practice_name) = 'UNALLOCATED', false) as is_unallocated,
    case when upper(practice_name) <> 'UNALLOCATED' then practice_name end as practice_name,
    achievement_date,
    indicator_code,
    measure_concept,
    measure_kind,
    measure,
    case when is_count then cast(value_number as bigint) end as value,
    case
        when value_text = '*' then 'suppressed_source'
        when is_count and value_number = 0 then 'zero'
        when is_count then 'reported'
        else 'not_available'
    end as value_state,
    default_values_used,
    submitted_on,
    submit_time
from named
