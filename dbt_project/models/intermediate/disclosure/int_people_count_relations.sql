-- How counts of people hang together, as any reader of a release may reason: areas are the sum of
-- their practices, boards of their programmes and organisations, people with and without make all
-- people. Weighted by -1 for the whole and 1 for each part, the counts of a relation come to zero.
{%- set row_keys = [
    'indicator_id', 'period_start', 'period_end', 'series_id', 'category_type', 'category',
] %}
{%- set area_keys = ['indicator_id', 'area_type', 'area_code', 'hierarchy_basis'] %}
with inputs as (
    select * from {{ ref('int_people_inputs') }}
),

counts as (
    select * from {{ ref('int_people_counts') }}
),

practices as (
    select
        inputs.*,
        parents.parent_type as whole_type,
        parents.parent_code as whole_code,
        parents.hierarchy_basis as whole_basis,
        'practices' as made_of
    from inputs
    inner join {{ ref('int_practice_parents') }} as parents
        on
            inputs.area_code = parents.practice_code
            and inputs.period_end >= parents.from_date
            and inputs.period_end <= parents.to_date
    where inputs.area_type = 'practice'
),

bases as (
    select 'as_was' as whole_basis
    union all
    select 'as_is' as whole_basis
),

organisations as (
    select
        inputs.*,
        'icb' as whole_type,
        organisations.icb_code as whole_code,
        bases.whole_basis,
        inputs.area_type || 's' as made_of
    from inputs
    inner join {{ ref('int_organisations') }} as organisations
        on inputs.area_code = organisations.organisation_code
    cross join bases
    where inputs.area_type in ('organisation', 'programme')
),

parts as (
    select * from practices
    union all
    select * from organisations
),

-- Only wholes that have a figure themselves.
memberships as (
    select
        parts.row_id as part_row_id,
        wholes.row_id as whole_row_id,
        parts.made_of
    from parts
    inner join inputs as wholes
        on
            parts.whole_type = wholes.area_type
            and parts.whole_code = wholes.area_code
            and parts.whole_basis = wholes.hierarchy_basis
            {%- for key in row_keys %}
            and parts.{{ key }} = wholes.{{ key }}
            {%- endfor %}
),

counted_parts as (
    select
        counted_wholes.cell_id || '|' || memberships.made_of as relation_id,
        counted_wholes.cell_id as whole_cell_id,
        counted_wholes.indicator_year as whole_indicator_year,
        counted_parts.cell_id as part_cell_id,
        counted_parts.indicator_year as part_indicator_year
    from memberships
    inner join counts as counted_parts on memberships.part_row_id = counted_parts.row_id
    inner join counts as counted_wholes
        on
            memberships.whole_row_id = counted_wholes.row_id
            and counted_parts.measure = counted_wholes.measure
),

-- Fifths are made of practices: of the last count since April, or of every month.
fifths as (
    select
        wholes.row_id as whole_row_id,
        parts.row_id as part_row_id
    from {{ ref('int_referral_practices') }} as practices
    inner join inputs as wholes
        on
            wholes.indicator_id = 'PC-INQ-01'
            and wholes.category_type = 'deprivation_quintile'
            and practices.area_type = wholes.area_type
            and practices.area_code = wholes.area_code
            and practices.hierarchy_basis = wholes.hierarchy_basis
            and practices.period_end = wholes.period_end
            and practices.series_id = wholes.series_id
            and cast(practices.deprivation_quintile as string) = wholes.category
    inner join inputs as parts
        on
            parts.area_type = 'practice'
            and parts.category_type = 'all'
            and practices.practice_code = parts.area_code
            and practices.series_id = parts.series_id
            and practices.year_start <= parts.period_end
            and (
                (parts.indicator_id = 'PC-SP-01' and practices.period_end = parts.period_end)
                or (parts.indicator_id = 'PC-SP-02' and practices.period_end >= parts.period_end)
            )
),

group_sets as (
    select
        wholes.row_id as whole_row_id,
        parts.row_id as part_row_id
    from inputs as parts
    inner join inputs as wholes
        on
            wholes.category_type = 'all'
            {%- for key in area_keys + ['period_start', 'period_end', 'series_id'] %}
            and parts.{{ key }} = wholes.{{ key }}
            {%- endfor %}
    where parts.category_type = 'ethnic_group'
),

inequality_parts as (
    select
        fifths.whole_row_id || '|numerator' as whole_cell_id,
        fifths.part_row_id || '|numerator' as part_cell_id
    from fifths
    union all
    -- Everybody whose group is stated is what the index is of.
    select
        group_sets.whole_row_id || '|denominator' as whole_cell_id,
        group_sets.part_row_id || '|numerator' as part_cell_id
    from group_sets
),

inequality_sums as (
    select
        inequality_parts.whole_cell_id || '|categories' as relation_id,
        inequality_parts.whole_cell_id,
        wholes.indicator_year as whole_indicator_year,
        inequality_parts.part_cell_id,
        parts.indicator_year as part_indicator_year
    from inequality_parts
    inner join counts as wholes on inequality_parts.whole_cell_id = wholes.cell_id
    inner join counts as parts on inequality_parts.part_cell_id = parts.cell_id
),

wholes_and_parts as (
    select * from counted_parts
    union all
    select * from inequality_sums
),

sums as (
    select
        relation_id,
        'sum' as kind,
        part_cell_id as cell_id,
        1 as weight,
        part_indicator_year as indicator_year,
        whole_indicator_year as tied_to
    from wholes_and_parts
    union all
    select distinct
        relation_id,
        'sum' as kind,
        whole_cell_id as cell_id,
        -1 as weight,
        whole_indicator_year as indicator_year,
        whole_indicator_year as tied_to
    from wholes_and_parts
),

divided as (
    select row_id
    from counts
    where measure = 'complement'
),

-- Those with and those without are all.
shares as (
    select
        counts.row_id || '|with_and_without' as relation_id,
        'sum' as kind,
        counts.cell_id,
        case counts.measure when 'denominator' then -1 else 1 end as weight,
        counts.indicator_year,
        counts.indicator_year as tied_to
    from counts
    inner join divided on counts.row_id = divided.row_id
),

-- The three ways of counting a month at a practice side by side.
months as (
    select
        {{ area_keys | join(',\n        ') }},
        period_end,
        max(indicator_year) as indicator_year,
        {%- for name, series in [
            ('events', 'pcact_events_month'), ('in_month', 'pcact_patients_month'),
            ('since_april', 'pcact_patients_ytd'),
        ] %}
        max(case when series_id = '{{ series }}' then row_id end) as {{ name }},
        {%- endfor %}
        max(case when series_id = 'pcact_patients_month' then period_start end) as month_start
    from inputs
    where series_id like 'pcact_%'
    group by {{ area_keys | join(', ') }}, period_end
),

months_in_a_row as (
    select
        months.*,
        case when extract(month from months.period_end) <> 4 then before.since_april end
            as before_month
    from months
    left join months as before
        on
            months.indicator_id = before.indicator_id
            {%- for key in area_keys[1:] %}
            and months.{{ key }} = before.{{ key }}
            {%- endfor %}
            and cast(months.month_start - interval '1' day as date) = before.period_end
),

-- Whoever is seen is seen at least once, and whoever is new since last month was seen this month.
month_terms as (
    {%- for relation, row, weight, others in [
        ('seen', 'events', -1, ['in_month']),
        ('seen', 'in_month', 1, ['events']),
        ('new', 'in_month', -1, ['since_april', 'before_month']),
        ('new', 'before_month', -1, ['in_month', 'since_april']),
        ('new', 'since_april', 1, ['in_month', 'before_month']),
    ] %}
    select
        in_month || '|{{ relation }}' as relation_id,
        {{ row }} as row_id,
        {{ weight }} as weight,
        indicator_year as tied_to
    from months_in_a_row
    where {{ row }} is not null and {{ others | join(' is not null and ') }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

at_least as (
    select
        month_terms.relation_id,
        'at_least' as kind,
        counts.cell_id,
        month_terms.weight,
        counts.indicator_year,
        month_terms.tied_to
    from month_terms
    inner join counts
        on month_terms.row_id = counts.row_id and counts.measure = 'numerator'
),

-- The same people under two names: who was referred is who waits for a first contact, staff are
-- the same staff beside every course, changes are of those who answered twice, a network or
-- practice that sends records is an organisation too, and in April the month is all of the year.
same as (
    select
        first_counts.cell_id as first_cell_id,
        first_counts.indicator_year as first_indicator_year,
        second_counts.cell_id as second_cell_id,
        second_counts.indicator_year as second_indicator_year
    from inputs as first_inputs
    inner join inputs as second_inputs
        on
            first_inputs.area_type = second_inputs.area_type
            and first_inputs.area_code = second_inputs.area_code
            and first_inputs.hierarchy_basis = second_inputs.hierarchy_basis
            and first_inputs.period_start = second_inputs.period_start
            and first_inputs.period_end = second_inputs.period_end
            and first_inputs.series_id = second_inputs.series_id
    inner join counts as first_counts on first_inputs.row_id = first_counts.row_id
    inner join counts as second_counts on second_inputs.row_id = second_counts.row_id
    where
        (
            first_inputs.indicator_id = 'PC-SP-02' and first_counts.measure = 'numerator'
            and second_inputs.indicator_id = 'PC-SP-03' and second_counts.measure = 'denominator'
        )
        or (
            first_inputs.indicator_id = second_inputs.indicator_id
            and first_inputs.category_type = 'course' and second_inputs.category_type = 'course'
            and first_inputs.category < second_inputs.category
            and first_counts.measure = 'denominator' and second_counts.measure = 'denominator'
        )
        or (
            first_inputs.indicator_id = second_inputs.indicator_id
            and first_inputs.category_type = 'follow_up' and second_inputs.category_type = 'all'
            and first_counts.measure = 'numerator' and second_counts.measure = 'denominator'
        )
    union all
    select
        first_counts.cell_id as first_cell_id,
        first_counts.indicator_year as first_indicator_year,
        second_counts.cell_id as second_cell_id,
        second_counts.indicator_year as second_indicator_year
    from inputs as first_inputs
    inner join inputs as second_inputs
        on
            first_inputs.area_code = second_inputs.area_code
            {%- for key in row_keys %}
            and first_inputs.{{ key }} = second_inputs.{{ key }}
            {%- endfor %}
    inner join counts as first_counts on first_inputs.row_id = first_counts.row_id
    inner join counts as second_counts
        on
            second_inputs.row_id = second_counts.row_id
            and first_counts.measure = second_counts.measure
    where
        first_inputs.area_type = 'organisation' and second_inputs.area_type in ('pcn', 'practice')
    union all
    select
        in_month || '|numerator' as first_cell_id,
        indicator_year as first_indicator_year,
        since_april || '|numerator' as second_cell_id,
        indicator_year as second_indicator_year
    from months
    where in_month is not null and since_april is not null and extract(month from period_end) = 4
),

equals as (
    {%- for name, weight in [('first', -1), ('second', 1)] %}
    select
        first_cell_id || '=' || second_cell_id as relation_id,
        'same' as kind,
        {{ name }}_cell_id as cell_id,
        {{ weight }} as weight,
        {{ name }}_indicator_year as indicator_year,
        first_indicator_year as tied_to
    from same
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

{% for relations in ['sums', 'shares', 'at_least', 'equals'] %}
select
    relation_id,
    kind,
    cell_id,
    weight,
    indicator_year,
    tied_to
from {{ relations }}
{{ 'union all' if not loop.last }}
{% endfor %}
