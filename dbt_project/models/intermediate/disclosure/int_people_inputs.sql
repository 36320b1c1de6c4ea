-- Figures of indicators that count people locally, before anything is hidden: those of every level,
-- and the fifths and groups that inequalities are made of. What is the difference of two counts
-- since April has no row of its own: it is made of what is released of the two, so that it tells
-- nothing new (DOMAIN 7.3 rule 6).
{%- set keys = [
    'indicator_id', 'area_type', 'area_code', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
with catalogue as (
    select
        *,
        row_number() over (order by indicator_id asc nulls last) as indicator_number
    from {{ ref('int_indicator_catalogue') }}
    where disclosure_class = 'std'
),

placed as (
    select
        {%- for key in keys %}
        inputs.{{ key }},
        {%- endfor %}
        inputs.category_type,
        inputs.category,
        catalogue.method,
        inputs.numerator,
        inputs.denominator,
        contains(', ' || catalogue.grains || ', ', ', ' || inputs.area_type || ', ') as is_published
    from {{ ref('int_placed_inputs') }} as inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.series_id not like '%_monthly_flow'
),

fifths as (
    select
        {{ keys | join(',\n        ') }},
        'deprivation_quintile' as category_type,
        cast(deprivation_quintile as string) as category,
        'count' as method,
        numerator,
        cast(null as decimal(38, 12)) as denominator,
        true as is_published
    from {{ ref('int_referral_quintiles') }}
),

group_counts as (
    select
        {{ keys | join(',\n        ') }},
        'ethnic_group' as category_type,
        ethnic_group as category,
        'count' as method,
        cast(counted as decimal(38, 12)) as numerator,
        cast(null as decimal(38, 12)) as denominator,
        true as is_published
    from {{ ref('int_representation_groups') }}
),

-- Everybody whose group is stated.
sets as (
    select distinct
        {{ keys | join(',\n        ') }},
        'all' as category_type,
        'all' as category,
        'dissimilarity' as method,
        cast(null as decimal(38, 12)) as numerator,
        cast(stated_counted as decimal(38, 12)) as denominator,
        true as is_published
    from {{ ref('int_representation_groups') }}
),

inputs as (
    select * from placed
    union all
    select * from fifths
    union all
    select * from group_counts
    union all
    select * from sets
),

named as (
    select
        {{ row_id('inputs') }} as row_id,
        {{ financial_year_start('inputs.period_end') }} as year_start,
        catalogue.indicator_number,
        inputs.*
    from inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.numerator is not null or inputs.denominator is not null
)

select
    row_id,
    -- By indicator and financial year, each with room for ten million rows (the largest of England
    -- has 110,000, 2026-11-28): rows that come to one year leave the numbers of all others as they
    -- are, and so what was decided of them.
    (cast(extract(year from year_start) as bigint) * 1000 + indicator_number) * 10000000
    + row_number() over (
        partition by indicator_id, year_start order by row_id asc nulls last
    ) as row_number,
    {{ keys | join(',\n    ') }},
    category_type,
    category,
    indicator_id || ' ' || {{ financial_year('year_start') }} as indicator_year,
    method,
    -- A sum of scores is no whole number: a cast alone rounds on DuckDB and cuts off on Spark.
    cast(round(numerator) as bigint) as numerator,
    cast(round(denominator) as bigint) as denominator,
    cast(round(denominator) - round(numerator) as bigint) as complement,
    is_published
from named
