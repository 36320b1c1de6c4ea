-- One value per course: somebody may complete several, and courses are not added up. Staff of a
-- network are its own and those of its practices. Every level is counted here.
with months as (
    select
        training.edition_id,
        training.submitter_org_id,
        training.org_code,
        training.month,
        training.course,
        training.completed_n,
        training.eligible_n
    from {{ ref('stg_staff_training') }} as training
),

quarters as (
    select
        submitter_org_id,
        period_start,
        period_end
    from {{ ref('int_submission_quarters') }}
    where extract = 'staff_training'
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'staff_training' and is_whole_month
),

coverage as (
    select
        quarters.submitter_org_id,
        quarters.period_end,
        count(*) as months_covered
    from quarters
    inner join submission_months
        on
            quarters.submitter_org_id = submission_months.submitter_org_id
            and quarters.period_end >= submission_months.month_end
            and cast(quarters.period_start - interval '21' month as date)
            <= submission_months.month_start
    group by quarters.submitter_org_id, quarters.period_end
),

windowed as (
    select
        quarters.period_start,
        quarters.period_end,
        months.submitter_org_id,
        months.edition_id,
        months.org_code,
        months.course,
        months.completed_n,
        months.eligible_n,
        row_number() over (
            partition by quarters.period_end, months.org_code, months.course
            order by
                case when months.eligible_n is null then 1 else 0 end asc nulls last,
                months.month desc nulls last,
                months.submitter_org_id asc nulls last
        ) as nth
    from quarters
    inner join months
        on
            quarters.submitter_org_id = months.submitter_org_id
            and quarters.period_end >= months.month
            and cast(quarters.period_start - interval '21' month as date) <= months.month
),

organisations as (
    select
        windowed.org_code,
        windowed.course,
        windowed.period_start,
        windowed.period_end,
        cast(sum(windowed.completed_n) as bigint) as completed,
        max(case when windowed.nth = 1 then windowed.eligible_n end) as eligible,
        min(coverage.months_covered) as months_covered,
        {{ joined_distinct('windowed.edition_id') }} as edition_ids
    from windowed
    inner join coverage
        on
            windowed.submitter_org_id = coverage.submitter_org_id
            and windowed.period_end = coverage.period_end
    group by
        windowed.org_code, windowed.course, windowed.period_start, windowed.period_end
),

placed as (
    select
        organisations.*,
        spells.parent_code as pcn_of_practice,
        boards.icb_code
    from organisations
    left join {{ ref('int_practice_spells') }} as spells
        on
            organisations.org_code = spells.practice_code
            and spells.parent_type = 'pcn'
            and organisations.period_end >= spells.from_date
            and (spells.to_date is null or organisations.period_end <= spells.to_date)
    left join {{ ref('int_organisations') }} as boards
        on organisations.org_code = boards.organisation_code
),

networks as (
    select distinct parent_code as pcn_code
    from {{ ref('int_practice_spells') }}
    where parent_type = 'pcn'
),

with_network as (
    select
        placed.*,
        coalesce(placed.pcn_of_practice, networks.pcn_code) as pcn_code
    from placed
    left join networks on placed.org_code = networks.pcn_code
),

of_levels as (
    {%- for area_type, code in [
        ('organisation', 'org_code'), ('pcn', 'pcn_code'), ('icb', 'icb_code'),
    ] %}
    select
        '{{ area_type }}' as area_type,
        {{ code }} as area_code,
        course,
        period_start,
        period_end,
        cast(sum(case when eligible is not null then completed end) as bigint) as completed,
        cast(sum(case when completed is not null then eligible end) as bigint) as eligible,
        min(months_covered) as months_covered,
        {{ joined_distinct('edition_ids') }} as edition_ids
    from with_network
    where {{ code }} is not null
    group by {{ code }}, course, period_start, period_end
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

with_state as (
    select
        *,
        case
            when eligible is null or completed is null then 'not_available'
            when eligible = 0 then 'not_applicable'
            when completed > eligible then 'cannot_calculate'
            when completed = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when eligible is null or completed is null
                then 'staff who completed the course, or should, were not recorded'
            when eligible = 0 then 'the course is meant for no staff of the organisation'
            when completed > eligible
                then 'more staff completed the course than it is meant for now'
        end as value_reason
    from of_levels
)

select
    {{ indicator_columns(
        'CP-E2-03',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis="case when area_type = 'organisation' then 'not_applicable' "
            ~ "else 'as_was' end",
        period_start='period_start',
        period_end='period_end',
        series_id="'staff_training'",
        category_type="'course'",
        category='course',
        numerator="case when value_state in ('reported', 'zero') then completed end",
        denominator="case when value_state in ('reported', 'zero') then eligible end",
        value_state='value_state',
        value_reason='value_reason',
        dq_flags="case when months_covered < 24 then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from with_state
