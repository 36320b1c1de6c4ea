{#
    One indicator of the Quality and Outcomes Framework as intervention rate, in the contracted
    shape: one row per practice and financial year. The people adjusted for are put back into the
    denominator, so that taking them out does not flatter.
    Source: NHS England, QOF technical annex; see qof_eligible for the same rate in doubles.

    indicator_code: code of the indicator in the framework. Years without it have no rows.
#}
{% macro qof_indicator(indicator_id, indicator_code) %}
with achievement as (
    select
        *,
        denominator + personalised_care_adjustments as eligible
    from {{ ref('stg_qof_achievement') }}
    where indicator_code = '{{ indicator_code }}'
),

stated as (
    select
        *,
        case
            when eligible = 0 then 'not_applicable'
            when numerator is null or eligible is null then 'not_available'
            when numerator = 0 then 'zero'
            else 'reported'
        end as value_state
    from achievement
)

select
    {{ indicator_columns(
        indicator_id,
        area_code='practice_code',
        area_type="'practice'",
        period_start='period_start',
        period_end='period_end',
        series_id="'qof'",
        numerator='numerator',
        denominator='eligible',
        value_state='value_state',
        value_reason="case value_state
        when 'not_applicable' then 'the practice has nobody whom the indicator is about'
        when 'not_available' then 'the publisher gave no complete count for the practice'
    end",
        edition_ids='edition_id'
    ) }}
from stated
{% endmacro %}
