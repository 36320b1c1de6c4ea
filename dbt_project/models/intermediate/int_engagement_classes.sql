-- Done to, for or with people: the class of each record from the kind of activity and its evidence
-- (DOMAIN 4.3 and ruling 5). What staff call it never raises a class.
with records as (
    select
        records.*,
        activity.class as activity_class,
        coalesce(records.decision_influenced, '') in ('changed', 'confirmed', 'no')
        or records.feedback_date is not null as is_outcome_recorded
    from {{ ref('stg_engagement_records') }} as records
    left join {{ ref('engagement_activity') }} as activity
        on records.activity_code = activity.activity_code
),

-- An outcome still pending is none that is recorded.
tested as (
    select
        *,
        case
            when coalesce(activity_class, '') <> 'with' then null
            when coalesce(le_decision_right, '') not in ('decides', 'shares')
                then 'no_shared_power'
            when coalesce(le_participants_n, 0) < 1 then 'no_lived_experience'
            when not is_outcome_recorded then 'no_feedback'
        end as downgrade_reason
    from records
),

evidenced as (
    select
        *,
        case when downgrade_reason is not null then 'for' else activity_class end
            as evidence_class
    from tested
),

scored as (
    select
        *,
        case evidence_class when 'to' then 0 when 'for' then 50 when 'with' then 100 end
            as evidence_score,
        case self_class when 'to' then 0 when 'for' then 50 when 'with' then 100 end
            as self_score,
        case people_class when 'to' then 0 when 'for' then 50 when 'with' then 100 end
            as people_score
    from evidenced
),

-- Where people call it less than staff made of it, people's word counts.
classed as (
    select
        *,
        case
            when evidence_class is null then 'unclassified'
            when people_score < evidence_score then people_class
            else evidence_class
        end as class
    from scored
),

judged as (
    select
        *,
        coalesce(submitter_org_id || '/' || project_id, submitter_org_id || '//' || engagement_id)
            as project_key,
        case
            when class = 'unclassified' then null
            when
                class = 'for'
                and not (
                    is_outcome_recorded and coalesce(participants_n, le_participants_n, 0) >= 1
                )
                then 'weak'
            else 'adequate'
        end as evidence,
        case class when 'to' then 0 when 'for' then 50 when 'with' then 100 end as score
    from classed
),

class_counts as (
    select
        project_key,
        class,
        score,
        count(*) as records
    from judged
    where class <> 'unclassified'
    group by project_key, class, score
),

-- The class of most records; where two have as many, the lower one.
project_classes as (
    select
        project_key,
        class,
        row_number() over (
            partition by project_key order by records desc nulls last, score asc nulls last
        ) as nth
    from class_counts
)

select
    judged.edition_id,
    judged.submitter_org_id,
    judged.engagement_id,
    judged.project_id,
    judged.project_key,
    judged.org_code,
    judged.org_level,
    judged.stage,
    judged.started_on,
    judged.ended_on,
    {{ first_of_quarter('judged.started_on') }} as period_start,
    {{ last_of_quarter('judged.started_on') }} as period_end,
    judged.activity_code,
    judged.activity_class,
    judged.evidence_class,
    judged.downgrade_reason,
    judged.self_class,
    judged.people_class,
    judged.class,
    judged.class <> 'unclassified' and judged.class <> judged.evidence_class
        as is_class_of_people,
    judged.evidence,
    judged.score,
    case
        when judged.self_class is not null and judged.people_class is not null
            then judged.self_class = judged.people_class
    end as do_staff_and_people_agree,
    case
        when judged.evidence_class is not null
            then judged.self_score > judged.evidence_score
    end as is_self_rating_higher,
    judged.decision_made,
    judged.decision_influenced,
    project_classes.class as project_class
from judged
left join project_classes
    on judged.project_key = project_classes.project_key and project_classes.nth = 1
