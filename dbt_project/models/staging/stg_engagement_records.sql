with source as (
    select * from {{ source('raw', 'engagement_records') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(engagement_id) as engagement_id,
        nullif(trim(project_id), '') as project_id,
        upper(trim(org_code)) as org_code,
        nullif(lower(trim(org_level)), '') as org_level,
        {{ parse_date('substr(trim(started_on), 1, 10)', ['%Y-%m-%d']) }} as started_on,
        {{ parse_date('substr(trim(ended_on), 1, 10)', ['%Y-%m-%d']) }} as ended_on,
        nullif(trim(component), '') as component,
        nullif(lower(trim(stage)), '') as stage,
        nullif(lower(trim(activity_code)), '') as activity_code,
        nullif(lower(trim(self_class)), '') as self_class,
        nullif(lower(trim(people_class)), '') as people_class,
        nullif(lower(trim(classified_by)), '') as classified_by,
        cast(try_cast(trim(participants_n) as double) as bigint) as participants_n,
        cast(try_cast(trim(le_participants_n) as double) as bigint) as le_participants_n,
        nullif(lower(trim(le_decision_right)), '') as le_decision_right,
        lower(trim(decision_made)) = 'true' as decision_made,
        nullif(lower(trim(decision_influenced)), '') as decision_influenced,
        {{ parse_date('substr(trim(feedback_date), 1, 10)', ['%Y-%m-%d']) }} as feedback_date,
        -- What nobody has read and cleared goes no further than the raw table (DOMAIN 0.2).
        case
            when lower(trim(what_changed_cleared)) = 'true' then nullif(trim(what_changed), '')
        end as what_changed
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, engagement_id
            order by
                period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    engagement_id,
    project_id,
    org_code,
    org_level,
    started_on,
    ended_on,
    component,
    stage,
    activity_code,
    self_class,
    people_class,
    classified_by,
    participants_n,
    le_participants_n,
    le_decision_right,
    decision_made,
    decision_influenced,
    feedback_date,
    what_changed
from newest_first
where nth = 1
