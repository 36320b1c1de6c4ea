-- Areas that practices moved into or out of between a period's end and today's geography.
with period_ends as (
    select distinct period_end
    from {{ ref('int_indicator_inputs') }}
),

spells as (
    select * from {{ ref('int_practice_spells') }}
),

then_members as (
    select
        period_ends.period_end,
        spells.practice_code,
        spells.parent_type,
        max_by(spells.parent_code, spells.from_date) as parent_code
    from spells
    inner join period_ends
        on
            spells.from_date <= period_ends.period_end
            and (spells.to_date is null or spells.to_date >= period_ends.period_end)
    group by period_ends.period_end, spells.practice_code, spells.parent_type
),

now_members as (
    select
        practice_code,
        parent_type,
        max_by(parent_code, from_date) as parent_code
    from spells
    where to_date is null
    group by practice_code, parent_type
),

moved as (
    select
        then_members.period_end,
        then_members.parent_type,
        then_members.parent_code as old_parent_code,
        now_members.parent_code as new_parent_code
    from then_members
    inner join now_members
        on
            then_members.practice_code = now_members.practice_code
            and then_members.parent_type = now_members.parent_type
    where then_members.parent_code <> now_members.parent_code
),

touched as (
    select
        period_end,
        parent_type as area_type,
        old_parent_code as area_code
    from moved
    union all
    select
        period_end,
        parent_type as area_type,
        new_parent_code as area_code
    from moved
)

select
    period_end,
    area_type,
    area_code,
    count(*) as practices_moved
from touched
group by period_end, area_type, area_code
