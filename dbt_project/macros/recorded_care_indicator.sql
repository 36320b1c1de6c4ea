{#
    One indicator of personalised care recorded at practices, per 1,000 of the list, in the
    contracted shape: one row per practice, series and period. Each source and counting basis is a
    series of its own:
        ncdes_ytd             people since 1 April, Network Contract DES, to March 2025
        ncdes_monthly_flow    what each month added to them
        pcact_patients_ytd    people since 1 April, from practice systems
        pcact_patients_month  people in the month
        pcact_events_month    events in the month

    measure_concept: what is counted, see the seed ncdes_concordance.
#}
{% macro recorded_care_indicator(indicator_id, measure_concept) %}
with counts as (
    select
        practice_code,
        make_date(
            cast(extract(year from achievement_date) as integer),
            cast(extract(month from achievement_date) as integer),
            1
        ) as month_start,
        'ncdes_ytd' as series_id,
        value as people,
        value_state,
        case value_state
            when 'suppressed_source' then 'the publisher suppressed the count'
            when 'not_available' then 'the source has no count for this month'
        end as value_reason,
        cast(null as string) as dq_flags,
        edition_id as edition_ids
    from {{ ref('stg_ncdes_counts') }}
    where measure_concept = '{{ measure_concept }}' and measure = 'numerator'
    union all
    select
        practice_code,
        period_start as month_start,
        'ncdes_monthly_flow' as series_id,
        flow as people,
        value_state,
        value_reason,
        dq_flags,
        edition_ids
    from {{ ref('int_ncdes_flows') }}
    where measure_concept = '{{ measure_concept }}'
    union all
    select
        practice_code,
        month_start,
        'pcact_' || counting_basis as series_id,
        value as people,
        value_state,
        case value_state
            when 'suppressed_source' then 'the practice system does not show counts this small'
            when 'not_available' then 'the practice sent no count for this month'
        end as value_reason,
        cast(null as string) as dq_flags,
        edition_id as edition_ids
    from {{ ref('stg_practice_counts') }}
    where measure_concept = '{{ measure_concept }}'
),

{{ missing_months('counts') }},

with_missing as (
    select * from counts
    union all
    select
        practice_code,
        month_start,
        series_id,
        cast(null as bigint) as people,
        'not_available' as value_state,
        'the source has no count for this month' as value_reason,
        cast(null as string) as dq_flags,
        edition_ids
    from missing_months
),

listed as (
    select
        with_missing.*,
        {{ financial_year_start('with_missing.month_start') }} as year_start,
        cast(
            cast(with_missing.month_start + interval '1' month as date) - interval '1' day as date
        ) as period_end,
        list_sizes.registered_patients,
        list_sizes.edition_ids as list_edition_ids
    from with_missing
    left join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            with_missing.practice_code = list_sizes.practice_code
            and with_missing.month_start = list_sizes.month_start
)

select
    {{ indicator_columns(
        indicator_id,
        area_code='practice_code',
        area_type="'practice'",
        period_start="case when series_id like '%_ytd' then year_start else month_start end",
        period_end='period_end',
        series_id='series_id',
        numerator='people',
        denominator='registered_patients',
        value_state=rate_state('value_state', 'registered_patients'),
        value_reason=rate_reason('value_state', 'value_reason', 'registered_patients'),
        dq_flags='dq_flags',
        edition_ids="edition_ids || coalesce(',' || list_edition_ids, '')"
    ) }}
from listed
{% endmacro %}
