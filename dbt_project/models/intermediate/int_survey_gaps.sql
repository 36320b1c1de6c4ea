-- Areas that a survey indicator is meant for but the survey has no row for: said, not left blank.
with editions as (
    select distinct
        survey_year,
        area_type,
        edition_id,
        edition_coverage
    from {{ ref('int_survey_questions') }}
),

years as (
    select distinct survey_year from editions
),

categories as (
    select distinct
        indicator_id,
        category_type,
        category
    from {{ ref('int_indicator_inputs') }}
),

bases as (
    select 'as_was' as hierarchy_basis
    union all
    select 'as_is' as hierarchy_basis
    union all
    select 'not_applicable' as hierarchy_basis
),

wanted as (
    select
        catalogue.indicator_id,
        categories.category_type,
        categories.category,
        bases.hierarchy_basis,
        areas.area_code,
        areas.area_type,
        years.survey_year
    from {{ ref('int_indicator_catalogue') }} as catalogue
    cross join years
    inner join {{ ref('int_areas') }} as areas
        on ', ' || catalogue.grains || ', ' like '%, ' || areas.area_type || ', %'
    inner join categories on catalogue.indicator_id = categories.indicator_id
    inner join bases
        on
            (areas.area_type in ('practice', 'england'))
            = (bases.hierarchy_basis = 'not_applicable')
    where catalogue.method like 'survey_%' and areas.status = 'open'
),

held as (
    select distinct
        indicator_id,
        area_code,
        area_type,
        period_start
    from {{ ref('int_indicator_inputs') }}
)

select
    wanted.indicator_id,
    wanted.area_code,
    wanted.area_type,
    wanted.hierarchy_basis,
    wanted.category_type,
    wanted.category,
    make_date(wanted.survey_year, 1, 1) as period_start,
    make_date(wanted.survey_year, 3, 31) as period_end,
    'gpps_from_2024' as series_id,
    case
        when editions.edition_id is null
            then 'the survey file for this level is not held'
        when editions.edition_coverage = 'partial'
            then 'the survey file held is partial and has no row for this area'
        else 'the survey published no row for this area'
    end as value_reason,
    editions.edition_id as edition_ids
from wanted
left join held
    on
        wanted.indicator_id = held.indicator_id
        and wanted.area_code = held.area_code
        and wanted.area_type = held.area_type
        and make_date(wanted.survey_year, 1, 1) = held.period_start
left join editions
    on
        wanted.survey_year = editions.survey_year
        and wanted.area_type = editions.area_type
where held.indicator_id is null
