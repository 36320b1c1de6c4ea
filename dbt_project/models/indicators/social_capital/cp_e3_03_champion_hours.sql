-- Practices that a programme named in the last twelve months; a month without a session is zero.
with practice_months as (
    select * from {{ ref('int_champion_practice_months') }}
    where is_in_programme and has_sessions_of_month
)

select
    {{ indicator_columns(
        'CP-E3-03',
        area_code='practice_code',
        area_type="'practice'",
        period_start='month_start',
        period_end='month_end',
        series_id="'champion_sessions'",
        numerator='champion_hours',
        denominator='registered_patients',
        value_state="case when coalesce(registered_patients, 0) = 0 then 'cannot_calculate' "
            ~ "when champion_hours = 0 then 'zero' else 'reported' end",
        value_reason="case when coalesce(registered_patients, 0) = 0 "
            ~ "then 'no list size within twelve months' end",
        dq_flags="case when sessions_without_hours > 0 then 'hours_not_recorded' end",
        edition_ids="edition_ids || coalesce(',' || list_size_edition_ids, '')"
    ) }}
from practice_months
