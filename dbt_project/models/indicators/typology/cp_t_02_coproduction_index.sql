-- Weak evidence stays in, as doing for (DOMAIN 0.2 ruling 5): leaving it out would let ten good
-- records speak for a hundred. Its share is shown with CP-T-01.
with records as (
    select * from {{ ref('int_engagement_classes') }}
    where score is not null
),

organisations as (
    select
        records.org_code,
        records.period_start,
        records.period_end,
        count(*) as scored_records,
        cast(sum(records.score) as bigint) as score_sum,
        cast(sum(records.score * records.score) as bigint) as score_sum_of_squares,
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
        'CP-T-02',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'engagement_records'",
        numerator='score_sum',
        denominator='scored_records',
        value_sum='score_sum',
        value_sum_of_squares='score_sum_of_squares',
        value_state="case when score_sum = 0 then 'zero' else 'reported' end",
        value_reason='null',
        dq_flags="case when months_covered < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from organisations
