-- Areas that a survey indicator is meant for but the survey has no row for: said, not left blank.
-- The two series are looked through apart. From 2024 every level has a file of its own; of the
-- years before only practice files are taken, so nothing is missing at other levels.
with editions as (
    select distinct
        'gpps_from_2024' as series_id,
        survey_year,
        area_type,
        edition_id,
        edition_coverage
    from {{ ref('int_survey_questions') }}
    union all
    select distinct
        'gpps_2018_2023' as series_id,
        survey_year,
        'practice' as area_type,
        edition_id,
        edition_coverage
    from {{ ref('stg_gpps_practice_2018_2023') }}
),

levels as (
    {%- for area_type in ['practice', 'pcn', 'icb', 'region', 'england'] %}
    select '{{ area_type }}' as area_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

levels_and_years as (
    select distinct
        editions.series_id,
        editions.survey_year,
        levels.area_type
    from editions
    inner join levels
        on editions.series_id = 'gpps_from_2024' or editions.area_type = levels.area_type
),

-- What an indicator has in a series at all: a question that was never asked leaves no gap.
categories as (
    select distinct
        indicator_id,
        series_id,
        category_type,
        category
    from {{ ref('int_indicator_inputs') }}
    where series_id in ('gpps_from_2024', 'gpps_2018_2023')
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
        categories.series_id,
        categories.category_type,
        categories.category,
        bases.hierarchy_basis,
        areas.area_code,
        areas.area_type,
        levels_and_years.survey_year
    from {{ ref('int_indicator_catalogue') }} as catalogue
    inner join categories on catalogue.indicator_id = categories.indicator_id
    inner join levels_and_years on categories.series_id = levels_and_years.series_id
    inner join {{ ref('int_areas') }} as areas
        on
            levels_and_years.area_type = areas.area_type
            and contains(', ' || catalogue.grains || ', ', ', ' || areas.area_type || ', ')
    inner join bases
        on
            (areas.area_type in ('practice', 'england'))
            = (bases.hierarchy_basis = 'not_applicable')
    where catalogue.method like 'survey_%' and areas.status = 'open'
),

held as (
    select distinct
        indicator_id,
        series_id,
        area_code,
        area_type,
        period_start
    from {{ ref('int_indicator_inputs') }}
),

asked as (
    select distinct
        indicator_id,
        series_id,
        period_start
    from held
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
    wanted.series_id,
    case
        when editions.edition_id is null
            then 'the survey file for this level is not held'
        when asked.indicator_id is null
            then 'the survey of the year did not ask this question'
        when editions.edition_coverage = 'partial'
            then 'the survey file held is partial and has no row for this area'
        else 'the survey published no row for this area'
    end as value_reason,
    editions.edition_id as edition_ids
from wanted
left join held
    on
        wanted.indicator_id = held.indicator_id
        and wanted.series_id = held.series_id
        and wanted.area_code = held.area_code
        and wanted.area_type = held.area_type
        and make_date(wanted.survey_year, 1, 1) = held.period_start
left join asked
    on
        wanted.indicator_id = asked.indicator_id
        and wanted.series_id = asked.series_id
        and make_date(wanted.survey_year, 1, 1) = asked.period_start
left join editions
    on
        wanted.series_id = editions.series_id
        and wanted.survey_year = editions.survey_year
        and wanted.area_type = editions.area_type
where held.indicator_id is null
