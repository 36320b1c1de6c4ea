-- Every count of people that a release could show, one by one.
with inputs as (
    select * from {{ ref('int_people_inputs') }}
),

counts as (
    {%- for measure in people_measures() %}
    select
        inputs.row_id,
        inputs.row_number,
        {{ cell_number('inputs.row_number', measure) }} as cell_number,
        '{{ measure }}' as measure,
        inputs.area_type,
        inputs.area_code,
        inputs.indicator_year,
        inputs.{{ measure }} as people,
        inputs.is_published
    from inputs
    where inputs.{{ measure }} is not null and {{ counted_people(measure, 'inputs') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    row_id || '|' || measure as cell_id,
    cell_number,
    row_id,
    row_number,
    measure,
    area_code,
    indicator_year,
    people,
    is_published,
    -- England as a whole is shown to the last person (DOMAIN 7.4).
    area_type = 'england' as is_exact
from counts
