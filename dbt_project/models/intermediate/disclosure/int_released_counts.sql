-- Of every row of values: the counts of people that may be shown, rounded. A row with one count
-- that may not be shown shows none, and a count that disclosure control has not judged is one.
with counts as (
    select
        row_id,
        measure,
        cell_id
    from {{ ref('int_people_counts') }}
),

judged as (
    select
        cell_id,
        released_count
    from {{ source('disclosure', 'released_counts') }}
    -- Those in the denominator only are never shown; unless they are few, nobody need care.
    where state = 'released' or (state = 'not_supplied' and cell_id like '%|complement')
)

select
    counts.row_id,
    max(case counts.measure when 'numerator' then judged.released_count end) as numerator,
    max(case counts.measure when 'denominator' then judged.released_count end) as denominator,
    count(*) > count(judged.cell_id) as is_withheld
from counts
left join judged on counts.cell_id = judged.cell_id
group by counts.row_id
