{#
    Attended appointments of one national category per 1,000 of the list, in the contracted shape:
    one row per practice in the data of the month. A practice there without appointments of the
    category is zero; a practice that is not there sent nothing and has no row. Summed up, the
    denominator is therefore the people registered at included practices.

    national_category: the category as the publisher writes it. Where no practice of a month has
    it, it was not in the data: nobody's zero.
#}
{% macro appointments_indicator(indicator_id, national_category) %}
with practices as (
    select
        appointment_month,
        practice_code,
        sum(
            case
                when
                    national_category = '{{ national_category }}'
                    and appointment_status = 'Attended'
                    then appointments
                else 0
            end
        ) as appointments,
        max(case when national_category = '{{ national_category }}' then 1 else 0 end)
            as has_category,
        max(edition_id) as edition_id
    from {{ ref('stg_gpad_crosstab') }}
    group by appointment_month, practice_code
),

months as (
    select
        appointment_month,
        max(has_category) = 1 as is_in_data
    from practices
    group by appointment_month
),

stated as (
    select
        practices.appointment_month,
        practices.practice_code,
        case when months.is_in_data then practices.appointments end as appointments,
        case
            when not months.is_in_data then 'not_available'
            when practices.appointments = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when not months.is_in_data
                then 'no practice has appointments of this category in the data of the month'
        end as value_reason,
        list_sizes.registered_patients,
        practices.edition_id || coalesce(',' || list_sizes.edition_ids, '') as edition_ids
    from practices
    inner join months on practices.appointment_month = months.appointment_month
    left join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            practices.practice_code = list_sizes.practice_code
            and practices.appointment_month = list_sizes.month_start
)

select
    {{ indicator_columns(
        indicator_id,
        area_code='practice_code',
        area_type="'practice'",
        period_start='appointment_month',
        period_end="cast(
        cast(appointment_month + interval '1' month as date) - interval '1' day as date
    )",
        series_id="'gpad'",
        numerator='appointments',
        denominator='registered_patients',
        value_state=rate_state('value_state', 'registered_patients'),
        value_reason=rate_reason('value_state', 'value_reason', 'registered_patients'),
        edition_ids='edition_ids'
    ) }}
from stated
{% endmacro %}
