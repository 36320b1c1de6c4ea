with latest_directory as (
    select
        pcn_code,
        max_by(sub_icb_code, edition_date) as sub_icb_code
    from {{ ref('stg_ods_pcns') }}
    group by pcn_code
),

as_is as (
    select
        'as_is' as hierarchy_basis,
        cast(null as date) as census_date,
        latest_directory.pcn_code,
        latest_directory.sub_icb_code,
        locations.icb_code,
        locations.region_code
    from latest_directory
    left join {{ ref('int_location_parents') }} as locations
        on latest_directory.sub_icb_code = locations.sub_icb_code
),

-- As the workforce publication itself placed the network in that release.
published as (
    select
        census_date,
        pcn_code,
        max(sub_icb_code) as sub_icb_code,
        max(icb_code) as icb_code,
        max(region_code) as region_code
    from {{ ref('stg_pcnwf_staff') }}
    group by census_date, pcn_code
),

censuses as (
    select distinct census_date from published
),

-- A network that did not report in one release stood where it stood in the nearest that it did.
nearest as (
    select
        censuses.census_date,
        published.pcn_code,
        published.sub_icb_code,
        published.icb_code,
        published.region_code,
        row_number() over (
            partition by censuses.census_date, published.pcn_code
            order by
                abs({{ days_between('published.census_date', 'censuses.census_date') }}) asc
                nulls last,
                published.census_date asc nulls last
        ) as nth
    from censuses
    cross join published
),

as_was as (
    select
        'as_was' as hierarchy_basis,
        censuses.census_date,
        as_is.pcn_code,
        coalesce(nearest.sub_icb_code, as_is.sub_icb_code) as sub_icb_code,
        coalesce(nearest.icb_code, as_is.icb_code) as icb_code,
        coalesce(nearest.region_code, as_is.region_code) as region_code
    from as_is
    cross join censuses
    left join nearest
        on
            as_is.pcn_code = nearest.pcn_code
            and censuses.census_date = nearest.census_date
            and nearest.nth = 1
),

-- Networks that the directory does not know (closed before its first edition) still count.
as_was_unlisted as (
    select
        'as_was' as hierarchy_basis,
        published.census_date,
        published.pcn_code,
        published.sub_icb_code,
        published.icb_code,
        published.region_code
    from published
    left join latest_directory on published.pcn_code = latest_directory.pcn_code
    where latest_directory.pcn_code is null
),

as_is_unlisted as (
    select
        'as_is' as hierarchy_basis,
        cast(null as date) as census_date,
        as_was_unlisted.pcn_code,
        max_by(as_was_unlisted.sub_icb_code, as_was_unlisted.census_date) as sub_icb_code,
        max_by(as_was_unlisted.icb_code, as_was_unlisted.census_date) as icb_code,
        max_by(as_was_unlisted.region_code, as_was_unlisted.census_date) as region_code
    from as_was_unlisted
    group by as_was_unlisted.pcn_code
)

select * from as_is
union all
select * from as_was
union all
select * from as_was_unlisted
union all
select * from as_is_unlisted
