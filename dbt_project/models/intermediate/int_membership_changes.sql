-- Areas that practices moved into or out of between a period's end and today's geography.
with period_ends as (
    select distinct period_end
    from {{ ref('int_indicator_inputs') }}
    where hierarchy_basis = 'as_was'
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

-- Openings and closures are no moves. Joining or leaving a network is one, also from or to none.
moved as (
    select
        coalesce(then_members.period_end, period_ends.period_end) as period_end,
        coalesce(then_members.parent_type, now_members.parent_type) as parent_type,
        then_members.parent_code as old_parent_code,
        now_members.parent_code as new_parent_code
    from now_members
    cross join period_ends
    full outer join then_members
        on
            now_members.practice_code = then_members.practice_code
            and now_members.parent_type = then_members.parent_type
            and period_ends.period_end = then_members.period_end
    left join {{ ref('int_current_practices') }} as current_practices
        on
            coalesce(now_members.practice_code, then_members.practice_code)
            = current_practices.practice_code
    where
        then_members.parent_code is distinct from now_members.parent_code
        and (
            (then_members.parent_code is not null and now_members.parent_code is not null)
            or (
                coalesce(then_members.parent_type, now_members.parent_type) = 'pcn'
                and current_practices.is_open
            )
        )
),

touched as (
    select
        period_end,
        parent_type as area_type,
        old_parent_code as area_code
    from moved
    where old_parent_code is not null
    union all
    select
        period_end,
        parent_type as area_type,
        new_parent_code as area_code
    from moved
    where new_parent_code is not null
)

select
    period_end,
    area_type,
    area_code,
    count(*) as practices_moved
from touched
group by period_end, area_type, area_code
