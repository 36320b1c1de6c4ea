-- Weak evidence stays in the denominator and its share is shown beside (ruling 5).
with records as (
    select * from {{ ref('int_engagement_classes') }}
),

organisations as (
    select
        records.org_code,
        records.period_start,
        records.period_end,
        count(*) as all_records,
        count(case when records.class <> 'unclassified' then 1 end) as classified_records,
        count(case when records.class = 'to' then 1 end) as to_records,
        count(case when records.class = 'for' then 1 end) as for_records,
        count(case when records.class = 'with' then 1 end) as with_records,
        count(case when records.evidence = 'weak' then 1 end) as weak_records,
        count(case when records.class = 'unclassified' then 1 end) as unclassified_records,
        min(coalesce(coverage.months_covered, 0)) as months_covered,
        {{ joined_distinct('records.edition_id') }} as edition_ids
    from records
    left join {{ ref('int_submission_quarters') }} as coverage
        on
            coverage.extract = 'engagement_records'
            and records.submitter_org_id = coverage.submitter_org_id
            and records.period_end = coverage.period_end
    group by records.org_code, records.period_start, records.period_end
),

counted as (
    {%- for category_type, category, numerator, denominator in [
        ('all', 'all', 'with_records', 'classified_records'),
        ('class', 'to', 'to_records', 'classified_records'),
        ('class', 'for', 'for_records', 'classified_records'),
        ('class', 'with', 'with_records', 'classified_records'),
        ('class', 'weak', 'weak_records', 'classified_records'),
        ('class', 'unclassified', 'unclassified_records', 'all_records'),
    ] %}
    select
        org_code,
        period_start,
        period_end,
        '{{ category_type }}' as category_type,
        '{{ category }}' as category,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        months_covered,
        edition_ids
    from organisations
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    {{ indicator_columns(
        'CP-T-01',
        area_code='org_code',
        area_type="'organisation'",
        period_start='period_start',
        period_end='period_end',
        series_id="'engagement_records'",
        category_type='category_type',
        category='category',
        numerator='case when denominator > 0 then numerator end',
        denominator='nullif(denominator, 0)',
        value_state="case when denominator = 0 then 'cannot_calculate' when numerator = 0 "
            ~ "then 'zero' else 'reported' end",
        value_reason="case when denominator = 0 then 'no record of a known kind of activity' end",
        dq_flags="case when months_covered < 3 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from counted
