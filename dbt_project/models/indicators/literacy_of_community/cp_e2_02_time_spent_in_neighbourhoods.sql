-- Hours belong to an organisation, a network where one is named, and a board; each has a list of
-- registered people of its own, so every level is counted here and nothing is added up later.
with records as (
    select
        records.edition_id,
        records.submitter_org_id,
        records.record_id,
        records.org_code,
        records.happened_on,
        coalesce(
            records.pcn_code,
            case when records.org_level = 'pcn' then records.org_code end,
            spells.parent_code
        ) as pcn_code,
        organisations.icb_code,
        cast(records.hours * records.staff_n as decimal(28, 2)) as staff_hours
    from {{ ref('stg_community_literacy') }} as records
    left join {{ ref('int_practice_spells') }} as spells
        on
            records.org_code = spells.practice_code
            and spells.parent_type = 'pcn'
            and records.happened_on >= spells.from_date
            and (spells.to_date is null or records.happened_on <= spells.to_date)
    left join {{ ref('int_organisations') }} as organisations
        on records.org_code = organisations.organisation_code
),

of_levels as (
    {%- for area_type, code in [
        ('organisation', 'org_code'), ('pcn', 'pcn_code'), ('icb', 'icb_code'),
    ] %}
    select
        edition_id,
        submitter_org_id,
        '{{ area_type }}' as area_type,
        {{ code }} as area_code,
        happened_on,
        staff_hours
    from records
    where {{ code }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

quarters as (
    select
        submitter_org_id,
        period_start,
        period_end,
        months_covered
    from {{ ref('int_submission_quarters') }}
    where extract = 'community_literacy'
),

-- Who was seen in the twelve months to the end of a quarter and has no record in it spent none.
areas as (
    select
        of_levels.area_type,
        of_levels.area_code,
        quarters.period_start,
        quarters.period_end,
        quarters.months_covered,
        case when of_levels.happened_on >= quarters.period_start then of_levels.staff_hours end
            as staff_hours,
        of_levels.happened_on >= quarters.period_start and of_levels.staff_hours is null
            as is_without_hours,
        of_levels.edition_id
    from quarters
    inner join of_levels
        on
            quarters.submitter_org_id = of_levels.submitter_org_id
            and quarters.period_end >= of_levels.happened_on
            and cast(quarters.period_start - interval '9' month as date)
            <= of_levels.happened_on
),

summed as (
    select
        area_type,
        area_code,
        period_start,
        period_end,
        min(months_covered) as months_covered,
        cast(coalesce(sum(staff_hours), 0) as decimal(28, 2)) as staff_hours,
        count(case when is_without_hours then 1 end) as records_without_hours,
        {{ joined_distinct('edition_id') }} as edition_ids
    from areas
    group by area_type, area_code, period_start, period_end
),

list_sizes as (
    select * from {{ ref('int_area_list_sizes') }}
),

with_lists as (
    select
        summed.*,
        list_sizes.registered_patients,
        list_sizes.edition_ids as list_edition_ids
    from summed
    left join list_sizes
        on
            summed.period_end = list_sizes.month_end
            and summed.area_code = list_sizes.area_code
            and (summed.area_type = 'organisation' or summed.area_type = list_sizes.area_type)
)

select
    {{ indicator_columns(
        'CP-E2-02',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis="case when area_type = 'organisation' then 'not_applicable' "
            ~ "else 'as_was' end",
        period_start='period_start',
        period_end='period_end',
        series_id="'community_literacy'",
        numerator='staff_hours',
        denominator='registered_patients',
        value_state="case when coalesce(registered_patients, 0) = 0 then 'cannot_calculate' "
            ~ "when staff_hours = 0 then 'zero' else 'reported' end",
        value_reason="case when coalesce(registered_patients, 0) = 0 "
            ~ "then 'no registered people are known for the organisation' end",
        dq_flags="nullif(trim(trailing ',' from "
            ~ "case when months_covered < 3 then 'incomplete_period,' else '' end "
            ~ "|| case when records_without_hours > 0 then 'hours_not_recorded,' else '' end), '')",
        edition_ids="edition_ids || coalesce(',' || list_edition_ids, '')"
    ) }}
from with_lists
