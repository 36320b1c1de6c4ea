-- Referrals and seats by ethnic group beside the people they are held against: every group of the
-- population stands there, also the one that nobody came from.
with referrals as (
    select * from {{ ref('int_referral_ethnic_groups') }}
),

parents as (
    select * from {{ ref('int_practice_parents') }}
    where parent_type = 'icb'
),

board_referrals as (
    select
        'PC-INQ-03' as indicator_id,
        parents.parent_code as area_code,
        'icb' as area_type,
        parents.hierarchy_basis,
        referrals.year_end,
        'sp_referrals' as series_id,
        referrals.ethnic_group,
        cast(sum(referrals.referrals) as bigint) as counted,
        max(case when referrals.is_incomplete then 1 else 0 end) as is_incomplete,
        {{ joined_distinct_members('referrals.edition_ids') }} as edition_ids
    from referrals
    inner join parents
        on
            referrals.practice_code = parents.practice_code
            and referrals.year_end >= parents.from_date
            and referrals.year_end <= parents.to_date
    group by
        parents.parent_code, parents.hierarchy_basis, referrals.year_end, referrals.ethnic_group
),

programme_referrals as (
    select
        'PC-INQ-03' as indicator_id,
        provider_org_id as area_code,
        'programme' as area_type,
        'not_applicable' as hierarchy_basis,
        year_end,
        'sp_referrals' as series_id,
        ethnic_group,
        cast(sum(referrals) as bigint) as counted,
        max(case when is_incomplete then 1 else 0 end) as is_incomplete,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from referrals
    group by provider_org_id, year_end, ethnic_group
),

seats as (
    select
        organisations.icb_code,
        seats_of_organisations.period_end,
        make_date(
            cast(extract(year from seats_of_organisations.period_end) as integer)
            + case
                when extract(month from seats_of_organisations.period_end) >= 4 then 1 else 0
            end,
            3,
            31
        ) as year_end,
        seats_of_organisations.ethnic_group,
        seats_of_organisations.seats_filled as seats,
        seats_of_organisations.edition_ids
    from {{ ref('int_lived_experience_seats') }} as seats_of_organisations
    inner join {{ ref('int_organisations') }} as organisations
        on seats_of_organisations.organisation_code = organisations.organisation_code
    where organisations.icb_code is not null
),

-- A seat is held for years: those of the last quarter stand for the year.
seats_of_last_quarter as (
    select
        *,
        max(period_end) over (partition by icb_code, year_end) as last_period_end
    from seats
),

board_seats as (
    select
        'CP-E1-04' as indicator_id,
        icb_code as area_code,
        'icb' as area_type,
        'as_was' as hierarchy_basis,
        year_end,
        'decision_seats' as series_id,
        ethnic_group,
        cast(sum(seats) as bigint) as counted,
        max(case when period_end < year_end then 1 else 0 end) as is_incomplete,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from seats_of_last_quarter
    where period_end = last_period_end
    group by icb_code, year_end, ethnic_group
),

counted as (
    select * from board_referrals
    union all
    select * from programme_referrals
    union all
    select * from board_seats
),

sets as (
    select
        indicator_id,
        area_code,
        area_type,
        hierarchy_basis,
        year_end,
        series_id,
        cast(sum(counted) as bigint) as total_counted,
        cast(sum(case when ethnic_group <> 'not_stated' then counted else 0 end) as bigint)
            as stated_counted,
        max(is_incomplete) = 1 as is_incomplete,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from counted
    group by indicator_id, area_code, area_type, hierarchy_basis, year_end, series_id
),

-- A programme serves the people of the practices that referred to it.
programme_practices as (
    select distinct
        provider_org_id,
        year_end,
        practice_code
    from referrals
    where practice_code is not null
),

populations as (
    select
        hierarchy_basis,
        'icb' as area_type,
        icb_code as area_code,
        year_end,
        ethnic_group,
        registered_people,
        edition_ids
    from {{ ref('int_area_ethnic_groups') }}
    union all
    select
        'not_applicable' as hierarchy_basis,
        'programme' as area_type,
        programme_practices.provider_org_id as area_code,
        programme_practices.year_end,
        practice_groups.ethnic_group,
        cast(sum(practice_groups.registered_people) as decimal(38, 12)) as registered_people,
        {{ joined_distinct_members('practice_groups.edition_ids') }} as edition_ids
    from programme_practices
    inner join {{ ref('int_practice_ethnic_groups') }} as practice_groups
        on programme_practices.practice_code = practice_groups.practice_code
    group by
        programme_practices.provider_org_id, programme_practices.year_end,
        practice_groups.ethnic_group
),

ethnic_groups as (
    {%- for group in ['white', 'asian', 'black', 'mixed', 'other'] %}
    select '{{ group }}' as ethnic_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    sets.indicator_id,
    sets.area_code,
    sets.area_type,
    sets.hierarchy_basis,
    make_date(cast(extract(year from sets.year_end) as integer) - 1, 4, 1) as period_start,
    sets.year_end as period_end,
    sets.series_id,
    ethnic_groups.ethnic_group,
    coalesce(counted.counted, 0) as counted,
    sets.stated_counted,
    sets.total_counted,
    populations.registered_people,
    case when sets.is_incomplete then 'incomplete_period' end as dq_flags,
    sets.edition_ids || coalesce(',' || populations.edition_ids, '') as edition_ids
from sets
cross join ethnic_groups
left join counted
    on
        sets.indicator_id = counted.indicator_id
        and sets.area_code = counted.area_code
        and sets.area_type = counted.area_type
        and sets.hierarchy_basis = counted.hierarchy_basis
        and sets.year_end = counted.year_end
        and ethnic_groups.ethnic_group = counted.ethnic_group
left join populations
    on
        sets.area_code = populations.area_code
        and sets.area_type = populations.area_type
        and sets.hierarchy_basis = populations.hierarchy_basis
        and sets.year_end = populations.year_end
        and ethnic_groups.ethnic_group = populations.ethnic_group
