-- What is known of larger areas from the sums of their practices. Nothing is averaged, and an area
-- without enough of its practices has no figure.
with catalogue as (
    select
        indicator_id,
        ', ' || grains || ', ' as grains,
        minimum_coverage
    from {{ ref('int_indicator_catalogue') }}
    where rolls_up_from = 'practice'
),

summed as (
    select * from {{ ref('int_practice_sums') }}
),

parents as (
    select * from {{ ref('int_practice_parents') }}
),

weights as (
    select * from {{ ref('int_practice_weights') }}
),

-- Every area there was, and all that its practices weigh.
expected as (
    select
        weights.period_end,
        parents.hierarchy_basis,
        parents.parent_type as area_type,
        parents.parent_code as area_code,
        max(weights.weighed_by) as weighed_by,
        cast(sum(weights.weight) as bigint) as weight
    from weights
    inner join parents
        on
            weights.practice_code = parents.practice_code
            and weights.period_end >= parents.from_date
            and weights.period_end <= parents.to_date
    group by
        weights.period_end, parents.hierarchy_basis, parents.parent_type, parents.parent_code
),

published as (
    select
        inputs.indicator_id,
        inputs.period_start,
        inputs.period_end,
        inputs.series_id,
        inputs.category_type,
        inputs.category,
        {{ joined_distinct_members('inputs.edition_ids') }} as edition_ids
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.area_type = 'practice'
    group by
        inputs.indicator_id, inputs.period_start, inputs.period_end, inputs.series_id,
        inputs.category_type, inputs.category
),

-- Sources that should cover every practice owe every area a figure, or a word why there is none.
owed as (
    select
        published.indicator_id,
        expected.area_code,
        expected.area_type,
        expected.hierarchy_basis,
        published.period_start,
        published.period_end,
        published.series_id,
        published.category_type,
        published.category,
        published.edition_ids
    from published
    inner join catalogue on published.indicator_id = catalogue.indicator_id
    inner join expected on published.period_end = expected.period_end
    left join summed
        on
            published.indicator_id = summed.indicator_id
            and published.period_start = summed.period_start
            and published.period_end = summed.period_end
            and published.series_id = summed.series_id
            and published.category_type = summed.category_type
            and published.category = summed.category
            and expected.area_type = summed.area_type
            and expected.area_code = summed.area_code
            and expected.hierarchy_basis = summed.hierarchy_basis
    where
        catalogue.minimum_coverage > 0
        and contains(catalogue.grains, ', ' || expected.area_type || ', ')
        and summed.indicator_id is null
),

with_coverage as (
    select
        summed.*,
        -- England needs 98 % (DOMAIN section 5).
        case
            when summed.area_type = 'england' and catalogue.minimum_coverage > 0
                then greatest(catalogue.minimum_coverage, 0.98)
            else catalogue.minimum_coverage
        end as minimum_coverage,
        coalesce(expected.weighed_by, 'practices') as weighed_by,
        -- Where every practice had closed by the end of the period nobody is owed, and what there
        -- is of them is all.
        case
            when expected.weight > 0
                then
                    least(
                        1e0,
                        cast(summed.weight_covered as double)
                        / nullif(cast(expected.weight as double), 0e0)
                    )
            else 1e0
        end as coverage,
        cast(summed.weight_suppressed as double) / nullif(cast(expected.weight as double), 0e0)
            as share_suppressed
    from summed
    inner join catalogue on summed.indicator_id = catalogue.indicator_id
    left join expected
        on
            summed.period_end = expected.period_end
            and summed.area_type = expected.area_type
            and summed.area_code = expected.area_code
            and summed.hierarchy_basis = expected.hierarchy_basis
),

judged as (
    select
        *,
        case
            when
                practices_counted = 0
                and practices_not_applicable > 0
                and practices_suppressed = 0
                then 'not_applicable'
            when practices_counted = 0 and practices_suppressed > 0 then 'suppressed_source'
            when practices_counted = 0 then 'not_available'
            when minimum_coverage > 0 and coalesce(coverage, 0) < minimum_coverage
                then
                    case
                        when share_suppressed >= 1 - minimum_coverage then 'suppressed_source'
                        else 'not_available'
                    end
            when denominator is null or denominator = 0 then 'cannot_calculate'
            when numerator = 0 and coalesce(value_sum, 0) = 0 then 'zero'
            else 'reported'
        end as value_state
    from with_coverage
),

explained as (
    select
        *,
        case
            when value_state = 'not_applicable'
                then 'nobody in any practice of the area is in the base'
            when value_state = 'suppressed_source' and practices_counted = 0
                then 'the publisher suppressed every practice of the area'
            when value_state = 'suppressed_source'
                then
                    'the publisher suppressed practices that make up more than '
                    || cast(cast(round((1 - minimum_coverage) * 100) as integer) as string)
                    || ' % of ' || weighed_by
            when value_state = 'not_available' and practices_counted = 0
                then
                    'no practice of the area has a figure'
                    || case when first_reason = last_reason then ': ' || first_reason else '' end
            when value_state = 'not_available'
                then
                    case weighed_by when 'practices' then '' else 'practices with ' end
                    || cast(cast(floor(coverage * 100) as integer) as string)
                    || ' % of ' || weighed_by || ' have figures; at least '
                    || cast(cast(round(minimum_coverage * 100) as integer) as string)
                    || ' % are needed'
            when value_state = 'cannot_calculate' then 'nobody is in the denominator'
        end as value_reason,
        nullif(
            trim(
                both ',' from
                coalesce(practice_flags, '')
                || case
                    when value_state in ('reported', 'zero') and coverage < 0.9995
                        then ',incomplete_coverage'
                    else ''
                end
                || case
                    when value_state in ('reported', 'zero') and is_placed_later
                        then ',placed_where_first_seen'
                    else ''
                end
            ),
            ''
        ) as dq_flags
    from judged
)

select
    {{ rolled_up_columns() }}
from explained
union all
select
    {{ rolled_up_columns(
        coverage='0',
        numerator='null',
        denominator='null',
        value_state="'not_available'",
        value_reason="'no practice of the area has a figure'",
        dq_flags='null',
        has_measures=false
    ) }}
from owed
