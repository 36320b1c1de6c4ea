-- How counts of people hang together, as any reader of a release may reason: areas are the sum of
-- their practices, boards of their programmes and organisations, people with and without make all
-- people. Weighted by -1 for the whole and 1 for each part, the counts of a relation come to zero.
{%- set row_keys = [
    'indicator_id', 'period_start', 'period_end', 'series_id', 'category_type', 'category',
] %}
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
        counted_parts.cell_id as part_cell_id
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
            {%- for key in [
                'indicator_id', 'area_type', 'area_code', 'hierarchy_basis', 'period_start',
                'period_end', 'series_id',
            ] %}
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
        inequality_parts.part_cell_id
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
        1 as weight
    from wholes_and_parts
    union all
    select distinct
        relation_id,
        'sum' as kind,
        whole_cell_id as cell_id,
        -1 as weight
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
        case counts.measure when 'denominator' then -1 else 1 end as weight
    from counts
    inner join divided on counts.row_id = divided.row_id
),

-- Whoever is new since last month was seen this month, and was seen at least once.
months as (
    select
        year_to_date.row_id as year_to_date_row_id,
        before.row_id as row_id_before,
        in_month.row_id as in_month_row_id,
        events.row_id as events_row_id
    from inputs as in_month
    inner join inputs as events
        on
            in_month.indicator_id = events.indicator_id
            and in_month.area_type = events.area_type
            and in_month.area_code = events.area_code
            and in_month.hierarchy_basis = events.hierarchy_basis
            and in_month.period_end = events.period_end
            and events.series_id = 'pcact_events_month'
    left join inputs as year_to_date
        on
            in_month.indicator_id = year_to_date.indicator_id
            and in_month.area_type = year_to_date.area_type
            and in_month.area_code = year_to_date.area_code
            and in_month.hierarchy_basis = year_to_date.hierarchy_basis
            and in_month.period_end = year_to_date.period_end
            and year_to_date.series_id = 'pcact_patients_ytd'
    left join inputs as before
        on
            in_month.indicator_id = before.indicator_id
            and in_month.area_type = before.area_type
            and in_month.area_code = before.area_code
            and in_month.hierarchy_basis = before.hierarchy_basis
            and cast(in_month.period_start - interval '1' day as date) = before.period_end
            and before.series_id = 'pcact_patients_ytd'
            and extract(month from in_month.period_end) <> 4
    where in_month.series_id = 'pcact_patients_month'
),

month_terms as (
    select
        in_month_row_id || '|seen' as relation_id,
        events_row_id as row_id,
        -1 as weight
    from months
    union all
    select
        in_month_row_id || '|seen' as relation_id,
        in_month_row_id as row_id,
        1 as weight
    from months
    union all
    select
        in_month_row_id || '|new' as relation_id,
        in_month_row_id as row_id,
        -1 as weight
    from months
    where year_to_date_row_id is not null and row_id_before is not null
    union all
    select
        in_month_row_id || '|new' as relation_id,
        year_to_date_row_id as row_id,
        1 as weight
    from months
    where year_to_date_row_id is not null and row_id_before is not null
    union all
    select
        in_month_row_id || '|new' as relation_id,
        row_id_before as row_id,
        -1 as weight
    from months
    where year_to_date_row_id is not null and row_id_before is not null
),

at_least as (
    select
        month_terms.relation_id,
        'at_least' as kind,
        counts.cell_id,
        month_terms.weight
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
        second_counts.cell_id as second_cell_id
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
        second_counts.cell_id as second_cell_id
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
        first_counts.cell_id as first_cell_id,
        second_counts.cell_id as second_cell_id
    from inputs as first_inputs
    inner join inputs as second_inputs
        on
            first_inputs.indicator_id = second_inputs.indicator_id
            and first_inputs.area_type = second_inputs.area_type
            and first_inputs.area_code = second_inputs.area_code
            and first_inputs.hierarchy_basis = second_inputs.hierarchy_basis
            and first_inputs.period_end = second_inputs.period_end
    inner join counts as first_counts on first_inputs.row_id = first_counts.row_id
    inner join counts as second_counts on second_inputs.row_id = second_counts.row_id
    where
        extract(month from first_inputs.period_end) = 4
        and first_inputs.series_id = 'pcact_patients_month'
        and second_inputs.series_id = 'pcact_patients_ytd'
        and first_counts.measure = 'numerator'
        and second_counts.measure = 'numerator'
),

equals as (
    select
        first_cell_id || '=' || second_cell_id as relation_id,
        'same' as kind,
        first_cell_id as cell_id,
        -1 as weight
    from same
    union all
    select
        first_cell_id || '=' || second_cell_id as relation_id,
        'same' as kind,
        second_cell_id as cell_id,
        1 as weight
    from same
)

select
    relation_id,
    kind,
    cell_id,
    weight
from sums
union all
select
    relation_id,
    kind,
    cell_id,
    weight
from shares
union all
select
    relation_id,
    kind,
    cell_id,
    weight
from at_least
union all
select
    relation_id,
    kind,
    cell_id,
    weight
from equals
