-- Each open practice of the boards in which a programme works counts one; what a programme is, and
-- when it is active, is told in int_champion_practice_months.
with practice_months as (
    select * from {{ ref('int_champion_practice_months') }}
    where registered_patients is not null
)

select
    {{ indicator_columns(
        'CP-E3-01',
        area_code='practice_code',
        area_type="'practice'",
        period_start='month_start',
        period_end='month_end',
        series_id="'champion_programmes'",
        numerator='case when is_active_programme then 1 when not is_active_programme then 0 end',
        denominator='case when is_active_programme is not null then 1 end',
        value_state="case when is_active_programme is null then 'not_available' "
            ~ "when is_active_programme then 'reported' else 'zero' end",
        value_reason="case when is_active_programme is null "
            ~ "then 'the roster or the sessions of the programme were not sent' end",
        dq_flags="case when months_covered_of_three < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from practice_months
