-- Registered people by ethnic group are not published: the people of each small area are shared
-- out as the census found its residents (DOMAIN 0.2 ruling 15).
with matches as (
    select * from {{ ref('int_small_area_matches') }}
    where subject = 'ethnic_group' and is_newest_match
),

residents as (
    select
        edition_id,
        lsoa_code,
        ethnic_group,
        cast(residents as double)
        / nullif(cast(sum(residents) over (partition by lsoa_code) as double), 0e0)
            as resident_share
    from {{ ref('stg_census_ethnic_group_lsoa') }}
)

select
    registered.practice_code,
    residents.ethnic_group,
    matches.snapshot_date,
    -- Additive, so decimal.
    cast(
        sum(
            cast(registered.registered_patients * residents.resident_share as decimal(38, 12))
        ) as decimal(38, 12)
    ) as registered_people,
    max(residents.edition_id) || ',' || max(registered.edition_id) as edition_ids
from matches
inner join {{ ref('stg_reg_lsoa') }} as registered
    on matches.edition_id = registered.edition_id
inner join residents on registered.lsoa_code = residents.lsoa_code
where residents.resident_share is not null
group by registered.practice_code, residents.ethnic_group, matches.snapshot_date
