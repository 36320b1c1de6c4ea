-- Registered people of each network at each workforce census.
with censuses as (
    select distinct
        edition_id,
        census_date,
        census_month_start
    from {{ ref('stg_pcnwf_staff') }}
),

snapshots as (
    select distinct
        edition_id,
        snapshot_date
    from {{ ref('stg_reg_list_sizes') }}
),

-- The list size of the month of the census, else the nearest within twelve months: lists grow by
-- about 1 % a year (60.6 m in January 2021, 63.8 m in 2024/25), so an older one would mislead.
nearest as (
    select
        censuses.edition_id,
        censuses.census_date,
        snapshots.edition_id as list_edition_id,
        snapshots.snapshot_date,
        row_number() over (
            partition by censuses.census_date
            order by
                abs({{ days_between('snapshots.snapshot_date', 'censuses.census_month_start') }})
                asc nulls last,
                snapshots.snapshot_date asc nulls last
        ) as nth
    from censuses
    cross join snapshots
    where abs({{ days_between('snapshots.snapshot_date', 'censuses.census_month_start') }}) <= 366
),

members as (
    select
        censuses.edition_id,
        censuses.census_date,
        memberships.edition_id as membership_edition_id,
        memberships.practice_code,
        memberships.pcn_code
    from {{ ref('int_network_memberships') }} as memberships
    inner join censuses
        on
            memberships.start_date <= censuses.census_date
            and (memberships.end_date is null or memberships.end_date >= censuses.census_date)
)

select
    members.census_date,
    members.pcn_code,
    max(nearest.snapshot_date) as list_size_date,
    -- A member without a list size would make the rate too high: then there is no population.
    case
        when count(*) = count(list_sizes.practice_code)
            then cast(sum(list_sizes.registered_patients) as bigint)
    end as registered_patients,
    cast(count(*) - count(list_sizes.practice_code) as bigint) as members_without_list_size,
    max(
        members.edition_id || ',' || members.membership_edition_id
        || coalesce(',' || nearest.list_edition_id, '')
    ) as edition_ids
from members
left join nearest
    on members.census_date = nearest.census_date and nearest.nth = 1
left join {{ ref('stg_reg_list_sizes') }} as list_sizes
    on
        nearest.list_edition_id = list_sizes.edition_id
        and members.practice_code = list_sizes.practice_code
group by members.census_date, members.pcn_code
