with practice_quarters as (
    select
        practice_code,
        {{ first_of_quarter('month_end') }} as period_start,
        {{ last_of_quarter('month_end') }} as period_end,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(sessions_led_with_champions) as bigint) as sessions_led_with_champions,
        count(*) as months_covered,
        -- The last month names the editions of all three.
        max_by(edition_ids, month_end) as edition_ids
    from {{ ref('int_champion_practice_months') }}
    where is_in_programme and has_sessions_of_month
    group by practice_code, {{ first_of_quarter('month_end') }}, {{ last_of_quarter('month_end') }}
)

select
    {{ indicator_columns(
        'CP-E4-03',
        area_code='practice_code',
        area_type="'practice'",
        period_start='period_start',
        period_end='period_end',
        series_id="'champion_sessions'",
        numerator='case when sessions > 0 then sessions_led_with_champions end',
        denominator='nullif(sessions, 0)',
        value_state="case when sessions = 0 then 'not_applicable' "
            ~ "when sessions_led_with_champions = 0 then 'zero' else 'reported' end",
        value_reason="case when sessions = 0 then 'no session in the quarter' end",
        dq_flags="case when months_covered < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from practice_quarters
