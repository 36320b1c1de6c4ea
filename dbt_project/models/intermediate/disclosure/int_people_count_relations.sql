-- How counts of people hang together, as any reader of a release may reason: areas are the sum of
-- their practices, boards of their programmes and organisations, people with and without make all
-- people. Weighted by -1 for the whole and 1 for each part, the counts of a relation come to zero.
{%- set figure_keys = [
    'indicator_id', 'period_start', 'period_end', 'series_id', 'category_type', 'category',
] %}
{%- set area_keys = ['area_type', 'area_code', 'hierarchy_basis'] %}
with inputs as (
    select * from {{ ref('int_people_inputs') }}
),

counts as (
    select * from {{ ref('int_people_counts') }}
),

-- Areas and figures are looked for by number: England has 33 million rows of relations, and to join
-- and write them by name took 81 s of the 217 s that all models took (2026-11-27).
areas as (
    select
        {{ area_keys | join(',\n        ') }},
        row_number() over (
            order by
                area_type asc nulls last,
                area_code asc nulls last,
                hierarchy_basis asc nulls last
        ) as area_number
    from inputs
    group by {{ area_keys | join(', ') }}
),

figures as (
    select
        {{ figure_keys | join(',\n        ') }},
        row_number() over (
            order by
                indicator_id asc nulls last,
                period_start asc nulls last,
                period_end asc nulls last,
                series_id asc nulls last,
                category_type asc nulls last,
                category asc nulls last
        ) as figure_number
    from inputs
    group by {{ figure_keys | join(', ') }}
),

placed as (
    select
        inputs.row_number,
        inputs.period_end,
        areas.area_number,
        figures.figure_number
    from inputs
    inner join areas
        on
            inputs.area_type = areas.area_type
            {%- for key in area_keys[1:] %}
            and inputs.{{ key }} = areas.{{ key }}
            {%- endfor %}
    inner join figures
        on
            inputs.indicator_id = figures.indicator_id
            {%- for key in figure_keys[1:] %}
            and inputs.{{ key }} = figures.{{ key }}
            {%- endfor %}
),

bases as (
    select 'as_was' as hierarchy_basis
    union all
    select 'as_is' as hierarchy_basis
),

places as (
    select
        'practice' as part_type,
        practice_code as part_code,
        parent_type as whole_type,
        parent_code as whole_code,
        hierarchy_basis as whole_basis,
        from_date,
        to_date
    from {{ ref('int_practice_parents') }}
    {%- for part_type in ['organisation', 'programme'] %}
    union all
    select
        '{{ part_type }}' as part_type,
        organisations.organisation_code as part_code,
        'icb' as whole_type,
        organisations.icb_code as whole_code,
        bases.hierarchy_basis as whole_basis,
        make_date(1900, 1, 1) as from_date,
        make_date(9999, 12, 31) as to_date
    from {{ ref('int_organisations') }} as organisations
    cross join bases
    {%- endfor %}
),

-- Only areas that have a figure themselves.
placed_areas as (
    select
        parts.area_number as part_area_number,
        wholes.area_number as whole_area_number,
        places.part_type,
        places.from_date,
        places.to_date
    from places
    inner join areas as parts
        on places.part_type = parts.area_type and places.part_code = parts.area_code
    inner join areas as wholes
        on
            places.whole_type = wholes.area_type
            and places.whole_code = wholes.area_code
            and places.whole_basis = wholes.hierarchy_basis
),

memberships as (
    select
        parts.row_number as part_row_number,
        wholes.row_number as whole_row_number,
        placed_areas.part_type
    from placed as parts
    inner join placed_areas
        on
            parts.area_number = placed_areas.part_area_number
            and parts.period_end >= placed_areas.from_date
            and parts.period_end <= placed_areas.to_date
    inner join placed as wholes
        on
            placed_areas.whole_area_number = wholes.area_number
            and parts.figure_number = wholes.figure_number
),

counted_parts as (
    select
        case memberships.part_type
            {%- for part_type in ['practice', 'organisation', 'programme'] %}
            when '{{ part_type }}'
                then {{ relation_number('wholes.cell_number', part_type ~ 's') }}
            {%- endfor %}
        end as relation_number,
        wholes.cell_number as whole_cell_number,
        wholes.indicator_year as whole_indicator_year,
        parts.cell_number as part_cell_number,
        parts.indicator_year as part_indicator_year
    from memberships
    inner join counts as parts on memberships.part_row_number = parts.row_number
    inner join counts as wholes
        on
            {{ cell_number_of_row(
                'parts.cell_number', 'parts.row_number', 'memberships.whole_row_number'
            ) }} = wholes.cell_number
),

-- Fifths are made of practices: of the last count since April, or of every month.
fifths as (
    select
        {{ cell_number('wholes.row_number', 'numerator') }} as whole_cell_number,
        {{ cell_number('parts.row_number', 'numerator') }} as part_cell_number
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

-- Everybody whose group is stated is what the index is of.
group_sets as (
    select
        {{ cell_number('wholes.row_number', 'denominator') }} as whole_cell_number,
        {{ cell_number('parts.row_number', 'numerator') }} as part_cell_number
    from inputs as parts
    inner join inputs as wholes
        on
            wholes.category_type = 'all'
            {%- for key in area_keys + figure_keys[:4] %}
            and parts.{{ key }} = wholes.{{ key }}
            {%- endfor %}
    where parts.category_type = 'ethnic_group'
),

inequality_parts as (
    select * from fifths
    union all
    select * from group_sets
),

inequality_sums as (
    select
        {{ relation_number('wholes.cell_number', 'categories') }} as relation_number,
        wholes.cell_number as whole_cell_number,
        wholes.indicator_year as whole_indicator_year,
        parts.cell_number as part_cell_number,
        parts.indicator_year as part_indicator_year
    from inequality_parts
    inner join counts as wholes on inequality_parts.whole_cell_number = wholes.cell_number
    inner join counts as parts on inequality_parts.part_cell_number = parts.cell_number
),

wholes_and_parts as (
    select * from counted_parts
    union all
    select * from inequality_sums
),

sums as (
    select
        relation_number,
        'sum' as kind,
        part_cell_number as cell_number,
        1 as weight,
        part_indicator_year as indicator_year,
        whole_indicator_year as tied_to
    from wholes_and_parts
    union all
    select distinct
        relation_number,
        'sum' as kind,
        whole_cell_number as cell_number,
        -1 as weight,
        whole_indicator_year as indicator_year,
        whole_indicator_year as tied_to
    from wholes_and_parts
),

divided as (
    select row_number
    from counts
    where measure = 'complement'
),

-- Those with and those without are all.
shares as (
    select
        {{ relation_number(cell_number('counts.row_number', 'denominator'), 'with_and_without') }}
            as relation_number,
        'sum' as kind,
        counts.cell_number,
        case counts.measure when 'denominator' then -1 else 1 end as weight,
        counts.indicator_year,
        counts.indicator_year as tied_to
    from counts
    inner join divided on counts.row_number = divided.row_number
),

-- The three ways of counting a month at a practice side by side, where they are known: what holds
-- between two of three says nothing of those two alone.
months as (
    select
        indicator_id,
        {{ area_keys | join(',\n        ') }},
        period_end,
        max(indicator_year) as indicator_year,
        {%- for name, series in [
            ('events', 'pcact_events_month'), ('in_month', 'pcact_patients_month'),
            ('since_april', 'pcact_patients_ytd'),
        ] %}
        max(
            case
                when series_id = '{{ series }}' then {{ cell_number('row_number', 'numerator') }}
            end
        ) as {{ name }},
        {%- endfor %}
        max(case when series_id = 'pcact_patients_month' then period_start end) as month_start
    from inputs
    where series_id like 'pcact_%' and numerator is not null
    group by indicator_id, {{ area_keys | join(', ') }}, period_end
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
            {%- for key in area_keys %}
            and months.{{ key }} = before.{{ key }}
            {%- endfor %}
            and cast(months.month_start - interval '1' day as date) = before.period_end
),

-- Whoever is seen is seen at least once, and whoever is new since last month was seen this month.
month_terms as (
    {%- for tie, cell, weight, others in [
        ('seen', 'events', -1, ['in_month']),
        ('seen', 'in_month', 1, ['events']),
        ('new', 'in_month', -1, ['since_april', 'before_month']),
        ('new', 'before_month', -1, ['in_month', 'since_april']),
        ('new', 'since_april', 1, ['in_month', 'before_month']),
    ] %}
    select
        {{ relation_number('in_month', tie) }} as relation_number,
        {{ cell }} as cell_number,
        {{ weight }} as weight,
        indicator_year as tied_to
    from months_in_a_row
    where {{ cell }} is not null and {{ others | join(' is not null and ') }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

at_least as (
    select
        month_terms.relation_number,
        'at_least' as kind,
        month_terms.cell_number,
        month_terms.weight,
        counts.indicator_year,
        month_terms.tied_to
    from month_terms
    inner join counts on month_terms.cell_number = counts.cell_number
),

-- The same people under two names: who was referred is who waits for a first contact, staff are
-- the same staff beside every course, changes are of those who answered twice, a network or
-- practice that sends records is an organisation too, and in April the month is all of the year.
same as (
    select
        first_counts.cell_number as first_cell_number,
        first_counts.indicator_year as first_indicator_year,
        second_counts.cell_number as second_cell_number,
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
    inner join counts as first_counts on first_inputs.row_number = first_counts.row_number
    inner join counts as second_counts on second_inputs.row_number = second_counts.row_number
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
        first_counts.cell_number as first_cell_number,
        first_counts.indicator_year as first_indicator_year,
        second_counts.cell_number as second_cell_number,
        second_counts.indicator_year as second_indicator_year
    from inputs as first_inputs
    inner join inputs as second_inputs
        on
            first_inputs.area_code = second_inputs.area_code
            {%- for key in figure_keys %}
            and first_inputs.{{ key }} = second_inputs.{{ key }}
            {%- endfor %}
    inner join counts as first_counts on first_inputs.row_number = first_counts.row_number
    inner join counts as second_counts
        on
            second_inputs.row_number = second_counts.row_number
            and first_counts.measure = second_counts.measure
    where
        first_inputs.area_type = 'organisation' and second_inputs.area_type in ('pcn', 'practice')
    union all
    select
        in_month as first_cell_number,
        indicator_year as first_indicator_year,
        since_april as second_cell_number,
        indicator_year as second_indicator_year
    from months
    where in_month is not null and since_april is not null and extract(month from period_end) = 4
),

numbered_same as (
    select
        same.*,
        {{ relation_number('same.first_cell_number', 'same') }} - 1 + row_number() over (
            partition by same.first_cell_number order by same.second_cell_number asc nulls last
        ) as relation_number
    from same
),

equals as (
    {%- for name, weight in [('first', -1), ('second', 1)] %}
    select
        relation_number,
        'same' as kind,
        {{ name }}_cell_number as cell_number,
        {{ weight }} as weight,
        {{ name }}_indicator_year as indicator_year,
        first_indicator_year as tied_to
    from numbered_same
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

{% for relations in ['sums', 'shares', 'at_least', 'equals'] %}
select
    relation_number,
    kind,
    cell_number,
    weight,
    indicator_year,
    tied_to
from {{ relations }}
{{ 'union all' if not loop.last }}
{% endfor %}
