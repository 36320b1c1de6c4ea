-- Champions at the end of the quarter, of practices that a programme named in the last twelve
-- months.
with practice_quarters as (
    select
        *,
        {{ first_of_quarter('month_end') }} as quarter_start
    from {{ ref('int_champion_practice_months') }}
    where is_in_programme and month_end = {{ last_of_quarter('month_end') }}
)

select
    {{ indicator_columns(
        'CP-E3-02',
        area_code='practice_code',
        area_type="'practice'",
        period_start='quarter_start',
        period_end='month_end',
        series_id="'champions'",
        numerator='active_champions',
        denominator='registered_patients',
        value_state="case when active_champions is null then 'not_available' "
            ~ "when coalesce(registered_patients, 0) = 0 then 'cannot_calculate' "
            ~ "when active_champions = 0 then 'zero' else 'reported' end",
        value_reason="case when active_champions is null "
            ~ "then 'the roster or the sessions of the programme were not sent' "
            ~ "when coalesce(registered_patients, 0) = 0 "
            ~ "then 'no list size within twelve months' end",
        dq_flags="case when months_covered_of_three < 3 then 'incomplete_period' end",
        edition_ids="edition_ids || coalesce(',' || list_size_edition_ids, '')"
    ) }}
from practice_quarters
