-- Meetings whose attendance nobody recorded tell nothing and are left out, with a flag.
with deciding_groups as (
    select * from {{ ref('int_decision_groups') }}
    where is_deciding
),

meetings as (
    select
        edition_id,
        submitter_org_id,
        group_id,
        {{ last_of_quarter('held_on') }} as period_end,
        le_present
    from {{ ref('stg_decision_meetings') }}
),

meetings_of_groups as (
    select
        submitter_org_id,
        group_id,
        period_end,
        count(le_present) as meetings,
        count(case when le_present >= 1 then 1 end) as meetings_with_presence,
        count(case when le_present is null then 1 end) as meetings_not_recorded,
        {{ joined_distinct('edition_id') }} as edition_ids
    from meetings
    group by submitter_org_id, group_id, period_end
),

organisations as (
    select
        deciding_groups.org_code,
        deciding_groups.period_start,
        deciding_groups.period_end,
        cast(sum(coalesce(meetings_of_groups.meetings, 0)) as bigint) as meetings,
        cast(sum(coalesce(meetings_of_groups.meetings_with_presence, 0)) as bigint)
            as meetings_with_presence,
        cast(sum(coalesce(meetings_of_groups.meetings_not_recorded, 0)) as bigint)
            as meetings_not_recorded,
        min(coalesce(coverage.months_covered, 0)) as months_covered,
        {{ joined_distinct('deciding_groups.group_edition_id') }}
        || coalesce(',' || {{ joined_distinct('meetings_of_groups.edition_ids') }}, '')
            as edition_ids
    from deciding_groups
    left join meetings_of_groups
        on
            deciding_groups.submitter_org_id = meetings_of_groups.submitter_org_id
            and deciding_groups.group_id = meetings_of_groups.group_id
            and deciding_groups.period_end = meetings_of_groups.period_end
    left join {{ ref('int_submission_quarters') }} as coverage
        on
            coverage.extract = 'decision_meetings'
            and deciding_groups.submitter_org_id = coverage.submitter_org_id
            and deciding_groups.period_end = coverage.period_end
    where deciding_groups.is_active or meetings_of_groups.group_id is not null
    group by
        deciding_groups.org_code, deciding_groups.period_start, deciding_groups.period_end
),

with_state as (
    select
        *,
        case
            when meetings > 0 and meetings_with_presence > 0 then 'reported'
            when meetings > 0 then 'zero'
            when months_covered = 0 or meetings_not_recorded > 0 then 'not_available'
            else 'not_applicable'
        end as value_state,
        case
            when meetings > 0 then null
            when months_covered = 0 then 'no meetings were sent for the quarter'
            when meetings_not_recorded > 0 then 'who was present was not recorded'
            else 'no deciding group met in the quarter'
        end as value_reason
    from organisations
)

select
    {{ indicator_columns(
        'CP-E1-03',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'decision_meetings'",
        numerator='case when meetings > 0 then meetings_with_presence end',
        denominator='nullif(meetings, 0)',
        value_state='value_state',
        value_reason='value_reason',
        dq_flags="nullif(trim(trailing ',' from "
            ~ "case when months_covered < 3 then 'incomplete_period,' else '' end "
            ~ "|| case when meetings_not_recorded > 0 then 'attendance_not_recorded,' else '' "
            ~ "end), '')",
        edition_ids='edition_ids'
    ) }}
from with_state
