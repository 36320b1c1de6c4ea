with answers as (
    select
        *,
        -- A wave is a year (2025) or a quarter of one (2025-Q2); by any other name it took place
        -- in the period of its submission.
        try_cast(substr(wave, 1, 4) as integer) as wave_year,
        case
            when length(wave) = 4 then 0
            when wave like '____-Q_' then try_cast(substr(wave, 7, 1) as integer)
        end as wave_quarter
    from {{ ref('stg_staff_survey') }}
    where item = 'job_satisfaction'
),

dated as (
    select
        edition_id,
        org_code,
        n_positive,
        n_base,
        case
            when wave_year is not null and wave_quarter = 0 then make_date(wave_year, 1, 1)
            when wave_year is not null and wave_quarter between 1 and 4
                then make_date(wave_year, 3 * wave_quarter - 2, 1)
            else submission_period_start
        end as period_start,
        case
            when wave_year is not null and wave_quarter = 0 then make_date(wave_year, 12, 31)
            when wave_year is not null and wave_quarter between 1 and 4
                then {{ last_of_quarter('make_date(wave_year, 3 * wave_quarter - 2, 1)') }}
            else submission_period_end
        end as period_end
    from answers
),

practices as (
    select distinct practice_code
    from {{ ref('int_practice_spells') }}
),

counted as (
    select
        dated.org_code,
        case when practices.practice_code is null then 'organisation' else 'practice' end
            as area_type,
        dated.period_start,
        dated.period_end,
        -- Both counts of a wave or neither.
        cast(sum(case when dated.n_base is not null then dated.n_positive end) as bigint)
            as n_positive,
        cast(sum(case when dated.n_positive is not null then dated.n_base end) as bigint)
            as n_base,
        {{ joined_distinct('dated.edition_id') }} as edition_ids
    from dated
    left join practices on dated.org_code = practices.practice_code
    group by dated.org_code, practices.practice_code, dated.period_start, dated.period_end
)

select
    {{ indicator_columns(
        'PC-OUT-05',
        area_code='org_code',
        area_type='area_type',
        period_start='period_start',
        period_end='period_end',
        series_id="'staff_survey'",
        numerator='n_positive',
        denominator='n_base',
        value_state="case
        when n_base is null then 'not_available'
        when n_base = 0 then 'cannot_calculate'
        when n_positive = 0 then 'zero'
        else 'reported'
    end",
        value_reason="case
        when n_base is null then 'the survey was sent without the counts of this question'
        when n_base = 0 then 'nobody answered this question'
    end",
        edition_ids='edition_ids'
    ) }}
from counted
