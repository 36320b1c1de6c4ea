-- The last submission wins. A published figure has no day of submission and comes first: it was
-- made of the final submissions and has been through the publisher's suppression.
with submissions as (
    select * from {{ ref('stg_ncdes_submissions') }}
),

{% if is_incremental() -%}
-- Months in which a row of a changed edition may win now, or won before.
changed_months as (
    select submissions.achievement_date
    from submissions
    where submissions.edition_id in ({{ changed_editions('ncdes_counts') }})
    union distinct
    select counts.achievement_date
    from {{ this }} as counts
    where counts.edition_id in ({{ changed_editions('ncdes_counts') }})
),

{% endif -%}
newest_first as (
    select
        submissions.*,
        row_number() over (
            partition by
                submissions.quality_service,
                submissions.practice_code,
                submissions.indicator_code,
                submissions.measure,
                submissions.achievement_date
            order by
                case when submissions.submitted_on is null then 0 else 1 end asc nulls last,
                submissions.submitted_on desc nulls last,
                submissions.submit_time desc nulls last,
                submissions.edition_period_end desc nulls last,
                submissions.edition_id desc nulls last,
                submissions.source_row_number desc nulls last
        ) as nth
    from submissions
    {% if is_incremental() -%}
    inner join changed_months on submissions.achievement_date = changed_months.achievement_date
    {% endif %}
)

select
    edition_id,
    quality_service,
    service_start,
    practice_code,
    is_unallocated,
    practice_name,
    achievement_date,
    indicator_code,
    measure_concept,
    measure_kind,
    measure,
    value,
    value_state,
    default_values_used,
    submitted_on
from newest_first
where nth = 1
