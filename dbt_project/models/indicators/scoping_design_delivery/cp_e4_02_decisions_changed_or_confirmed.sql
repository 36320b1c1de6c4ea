with records as (
    select * from {{ ref('int_engagement_classes') }}
    where decision_made
),

organisations as (
    select
        records.org_code,
        records.period_start,
        records.period_end,
        count(*) as decisions,
        count(case when records.decision_influenced in ('changed', 'confirmed') then 1 end)
            as influenced_decisions,
        min(coalesce(coverage.months_covered, 0)) as months_covered,
        {{ joined_distinct('records.edition_id') }} as edition_ids
    from records
    left join {{ ref('int_submission_quarters') }} as coverage
        on
            coverage.extract = 'engagement_records'
            and records.submitter_org_id = coverage.submitter_org_id
            and records.period_end = coverage.period_end
    group by records.org_code, records.period_start, records.period_end
)

select
    {{ indicator_columns(
        'CP-E4-02',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'engagement_records'",
        numerator='influenced_decisions',
        denominator='decisions',
        value_state="case when influenced_decisions = 0 then 'zero' else 'reported' end",
        value_reason='null',
        dq_flags="case when months_covered < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from organisations
