-- What changed because of people: the organisation's own sentence, and only where somebody there
-- has read it and cleared it to be shown (DOMAIN 0.2 ruling 5).
with records as (
    select
        *,
        -- People hear of it, or the activity ends, when something has come of it; an end after the
        -- period of the submission is a plan.
        case
            when feedback_date is not null then feedback_date
            when ended_on <= period_end then ended_on
            else started_on
        end as changed_on
    from {{ ref('stg_engagement_records') }}
    where what_changed is not null
)

select
    records.submitter_org_id,
    records.engagement_id,
    records.org_code as area_code,
    'organisation' as area_type,
    organisations.icb_code,
    records.component,
    records.stage,
    classes.class,
    records.decision_influenced,
    records.what_changed,
    records.changed_on,
    records.feedback_date as told_on,
    records.period_start,
    records.period_end,
    'what_changed|' || records.edition_id as lineage_id
from records
left join {{ ref('int_engagement_classes') }} as classes
    on
        records.submitter_org_id = classes.submitter_org_id
        and records.engagement_id = classes.engagement_id
left join {{ ref('int_organisations') }} as organisations
    on records.org_code = organisations.organisation_code
