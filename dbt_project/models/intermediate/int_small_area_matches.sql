-- No file says whether its small areas are those of 2011 or of 2021. Codes of areas that did not
-- change are the same in both, so the share of people whose area is found tells (DOMAIN 2.8).
with registered as (
    select
        edition_id,
        snapshot_date,
        lsoa_code,
        cast(sum(registered_patients) as bigint) as registered_patients
    from {{ ref('stg_reg_lsoa') }}
    where is_in_england
    group by edition_id, snapshot_date, lsoa_code
),

area_sets as (
    select
        'deprivation' as subject,
        index_year as subject_year,
        lsoa_code
    from {{ ref('stg_iod_lsoa') }}
    union all
    select distinct
        'ethnic_group' as subject,
        cast(null as integer) as subject_year,
        lsoa_code
    from {{ ref('stg_census_ethnic_group_lsoa') }}
    union all
    select
        'loneliness' as subject,
        model_year as subject_year,
        lsoa_code
    from {{ ref('stg_cls_loneliness_lsoa') }}
),

subjects as (
    select distinct
        subject,
        subject_year
    from area_sets
),

matched as (
    select
        subjects.subject,
        subjects.subject_year,
        registered.edition_id,
        registered.snapshot_date,
        cast(sum(registered.registered_patients) as bigint) as registered_patients,
        cast(
            sum(case when area_sets.lsoa_code is not null then registered.registered_patients end)
            as bigint
        ) as matched_patients
    from registered
    cross join subjects
    left join area_sets
        on
            registered.lsoa_code = area_sets.lsoa_code
            and subjects.subject = area_sets.subject
            and subjects.subject_year is not distinct from area_sets.subject_year
    group by
        subjects.subject, subjects.subject_year, registered.edition_id, registered.snapshot_date
),

judged as (
    select
        subject,
        subject_year,
        edition_id,
        snapshot_date,
        registered_patients,
        coalesce(matched_patients, 0) as matched_patients,
        -- In whole numbers, so that exactly 98 % counts.
        coalesce(100 * matched_patients >= 98 * registered_patients, false) as is_match
    from matched
)

select
    subject,
    subject_year,
    edition_id,
    snapshot_date,
    registered_patients,
    matched_patients,
    is_match,
    is_match and row_number() over (
        partition by subject, subject_year, is_match
        order by snapshot_date desc nulls last, edition_id desc nulls last
    ) = 1 as is_newest_match
from judged
