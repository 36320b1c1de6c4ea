-- Sum, then divide: numerators and denominators of networks added up to each larger area.
-- Survey levels are not rolled up at all: each level uses its own published row.
with network_inputs as (
    select inputs.*
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on inputs.indicator_id = catalogue.indicator_id
    where inputs.area_type = 'pcn' and catalogue.rolls_up_from = 'pcn'
),

parents as (
    select * from {{ ref('int_network_parents') }}
),

placed as (
    {%- for parent_type in ['sub_icb', 'icb', 'region'] %}
    select
        network_inputs.*,
        '{{ parent_type }}' as parent_type,
        parents.{{ parent_type }}_code as parent_code,
        parents.hierarchy_basis as parent_basis
    from network_inputs
    inner join parents
        on
            network_inputs.area_code = parents.pcn_code
            and (
                parents.hierarchy_basis = 'as_is'
                or network_inputs.period_end = parents.census_date
            )
    where parents.{{ parent_type }}_code is not null
    union all
    {%- endfor %}
    select
        network_inputs.*,
        'england' as parent_type,
        'E92000001' as parent_code,
        'not_applicable' as parent_basis
    from network_inputs
),

summed as (
    select
        indicator_id,
        parent_code as area_code,
        parent_type as area_type,
        parent_basis as hierarchy_basis,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        cast(sum(numerator) as decimal(38, 12)) as whole_numerator,
        cast(
            sum(case when denominator is not null then numerator end) as decimal(38, 12)
        ) as matched_numerator,
        cast(
            sum(case when numerator is not null then denominator end) as decimal(38, 12)
        ) as denominator,
        cast(sum(denominator) as decimal(38, 12)) as whole_denominator,
        max(case when dq_flags like '%negative_fte%' then 'negative_fte,' else '' end)
            as dq_flag_list,
        max(edition_ids) as edition_ids
    from placed
    group by
        indicator_id, parent_code, parent_type, parent_basis, period_start, period_end,
        series_id, category_type, category
),

covered as (
    select
        *,
        cast(denominator as double) / nullif(cast(whole_denominator as double), 0) as coverage
    from summed
),

-- Numerator and denominator of a rate cover the same networks; without a rate the numerator is
-- the publisher's own total.
matched as (
    select
        *,
        case
            when denominator is null or coverage < 0.8 then whole_numerator
            else matched_numerator
        end as numerator,
        denominator is not null and coverage >= 0.8 and matched_numerator <> whole_numerator
            as is_narrower
    from covered
),

explained as (
    select
        *,
        case
            when numerator is null then 'not_available'
            when denominator is null then 'cannot_calculate'
            -- Four fifths of networks is the least that workforce returns are read at (DOMAIN 2.6).
            when coverage < 0.8 then 'cannot_calculate'
            when numerator = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when numerator is null then 'no network of the area sent a workforce return'
            when denominator is null then 'no list size within twelve months of the census'
            when coverage < 0.8
                then
                    'networks with ' || cast(cast(floor(coverage * 100) as integer) as string)
                    || ' % of registered people sent a return; at least 80 % are needed'
        end as value_reason,
        nullif(
            trim(
                trailing ',' from
                coalesce(dq_flag_list, '')
                || case when is_narrower then 'excludes_networks_without_list_size,' else '' end
                || case when coverage < 0.95 then 'coverage_below_95_percent' else '' end
            ),
            ''
        ) as dq_flags
    from matched
)

select
    {{ rolled_up_columns(has_measures=false) }}
from explained
