with members as (
    select * from {{ ref('int_timebank_members') }}
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'timebank_exchanges' and is_whole_month
),

time_banks as (
    select
        submitter_org_id,
        timebank_org_id,
        period_start,
        period_end,
        count(*) as active_members,
        count(case when has_given and has_received then 1 end) as reciprocal_members,
        {{ joined_distinct('edition_ids') }} as edition_ids
    from members
    group by submitter_org_id, timebank_org_id, period_start, period_end
),

coverage as (
    select
        time_banks.timebank_org_id,
        time_banks.period_end,
        count(distinct submission_months.month_start) as months_covered
    from time_banks
    inner join submission_months
        on
            time_banks.submitter_org_id = submission_months.submitter_org_id
            and time_banks.period_end >= submission_months.month_end
            and cast(time_banks.period_start - interval '9' month as date)
            <= submission_months.month_start
    group by time_banks.timebank_org_id, time_banks.period_end
),

with_coverage as (
    select
        time_banks.timebank_org_id,
        time_banks.period_start,
        time_banks.period_end,
        cast(sum(time_banks.active_members) as bigint) as active_members,
        cast(sum(time_banks.reciprocal_members) as bigint) as reciprocal_members,
        max(coverage.months_covered) as months_covered,
        {{ joined_distinct('time_banks.edition_ids') }} as edition_ids
    from time_banks
    inner join coverage
        on
            time_banks.timebank_org_id = coverage.timebank_org_id
            and time_banks.period_end = coverage.period_end
    group by time_banks.timebank_org_id, time_banks.period_start, time_banks.period_end
)

select
    {{ indicator_columns(
        'CP-E3-06',
        area_code='timebank_org_id',
        area_type="'programme'",
        period_start='period_start',
        period_end='period_end',
        series_id="'timebank_exchanges_12_months'",
        numerator='reciprocal_members',
        denominator='active_members',
        value_state="case when reciprocal_members = 0 then 'zero' else 'reported' end",
        value_reason='null',
        dq_flags="case when months_covered < 12 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from with_coverage
