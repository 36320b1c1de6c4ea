-- Projects as they stand at the end of each quarter that a submitter covers, from all their records
-- so far. A project without any activity in the last twelve months is over.
with records as (
    select * from {{ ref('int_engagement_classes') }}
),

quarters as (
    select
        submitter_org_id,
        period_start,
        period_end,
        months_covered
    from {{ ref('int_submission_quarters') }}
    where extract = 'engagement_records'
),

-- A project belongs to the organisation of its first record.
first_records as (
    select
        project_key,
        org_code,
        row_number() over (
            partition by project_key
            order by started_on asc nulls last, engagement_id asc nulls last
        ) as nth
    from records
),

projects as (
    select
        records.project_key,
        quarters.period_start,
        quarters.period_end,
        quarters.months_covered,
        min(records.started_on) as started_on,
        max(
            case
                when records.ended_on <= quarters.period_end then records.ended_on
                else records.started_on
            end
        ) as last_activity_on,
        count(case when records.ended_on <= quarters.period_end then 1 end) as ended_records,
        {%- for stage in ['scoping', 'design', 'delivery'] %}
        max(
            case
                when
                    records.project_id is not null
                    and records.stage = '{{ stage }}'
                    and records.class = 'with'
                    then 1
                else 0
            end
        ) as is_with_at_{{ stage }},
        {%- endfor %}
        {{ joined_distinct('records.edition_id') }} as edition_ids
    from quarters
    inner join records
        on
            quarters.submitter_org_id = records.submitter_org_id
            and quarters.period_end >= records.started_on
    group by
        records.project_key,
        quarters.period_start,
        quarters.period_end,
        quarters.months_covered
),

counted_projects as (
    select
        *,
        is_with_at_scoping * is_with_at_design * is_with_at_delivery as is_end_to_end
    from projects
    where
        last_activity_on >= cast(period_start - interval '9' month as date)
        and (
            ended_records > 0 or {{ days_between('started_on', 'period_end') }} >= 180
        )
),

organisations as (
    select
        first_records.org_code,
        counted_projects.period_start,
        counted_projects.period_end,
        count(*) as projects,
        cast(sum(counted_projects.is_end_to_end) as bigint) as end_to_end_projects,
        min(counted_projects.months_covered) as months_covered,
        {{ joined_distinct('counted_projects.edition_ids') }} as edition_ids
    from counted_projects
    inner join first_records
        on
            counted_projects.project_key = first_records.project_key
            and first_records.nth = 1
    group by
        first_records.org_code, counted_projects.period_start, counted_projects.period_end
)

select
    {{ indicator_columns(
        'CP-E4-01',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'engagement_records'",
        numerator='end_to_end_projects',
        denominator='projects',
        value_state="case when end_to_end_projects = 0 then 'zero' else 'reported' end",
        value_reason='null',
        dq_flags="case when months_covered < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from organisations
