-- What the publishers printed beside what comes out of this build, for the editions in use.
with fixtures as (
    select * from {{ ref('reconciliation_fixtures') }}
),

survey_forms as (
    select distinct
        edition_period,
        edition_id,
        try_cast(forms_distributed as double) as forms_distributed,
        try_cast(forms_received as double) as forms_received,
        try_cast(response_rate as double) as response_rate
    from {{ source('raw', 'gpps_national') }}
),

practice_forms as (
    select distinct
        edition_period,
        trim(practice_code) as practice_code,
        try_cast(forms_distributed as double) as forms_distributed,
        try_cast(forms_received as double) as forms_received
    from {{ source('raw', 'gpps_practice') }}
    where trim(practice_code) = 'A84002'
),

-- A practice stands in the framework once per disease group, each time with its whole list.
framework_lists as (
    select
        period_start,
        practice_code,
        max(list_size) as list_size
    from {{ ref('stg_qof_prevalence') }}
    where patient_list_type = 'TOTAL'
    group by period_start, practice_code
),

ours as (
    select
        'gpps_national' as source,
        edition_period,
        'forms_distributed' as measure,
        forms_distributed as ours
    from survey_forms
    union all
    select
        'gpps_national' as source,
        edition_period,
        'forms_received' as measure,
        forms_received as ours
    from survey_forms
    union all
    select
        'gpps_national' as source,
        edition_period,
        'response_rate' as measure,
        response_rate as ours
    from survey_forms
    {%- for figure, column in {
        '': 'headline_proportion',
        ' option 3': 'option_3_proportion',
    }.items() %}
    union all
    select
        'gpps_national' as source,
        cast(survey_year as string) as edition_period,
        question || '{{ figure }}' as measure,
        {{ column }} as ours
    from {{ ref('int_survey_questions') }}
    where area_type = 'england'
    {%- endfor %}
    union all
    -- No indicator is made of these answers. Of the third one is (PC-OUT-02), so that it is taken
    -- from where the indicator takes it.
    select
        'gpps_national' as source,
        cast(survey_year as string) as edition_period,
        question || ' option ' || cast(answer_option as string) as measure,
        published_value as ours
    from {{ ref('stg_gpps_national') }}
    where measure = 'pct' and answer_option <> 3
    union all
    select
        'gpps_national' as source,
        cast(extract(year from period_end) as string) as edition_period,
        indicator_id as measure,
        value as ours
    from {{ ref('indicator_values') }}
    where area_type = 'england' and category = 'all'
    {%- for figure, column in {
        '': 'headline_proportion',
        ' lower': 'printed_lower_95',
        ' upper': 'printed_upper_95',
        ' option 3': 'option_3_proportion',
    }.items() %}
    union all
    select
        'gpps_practice' as source,
        cast(survey_year as string) as edition_period,
        area_code || ' ' || question || '{{ figure }}' as measure,
        {{ column }} as ours
    from {{ ref('int_survey_questions') }}
    where area_type = 'practice' and area_code = 'A84002'
    {%- endfor %}
    {%- for figure in ['forms_distributed', 'forms_received'] %}
    union all
    select
        'gpps_practice' as source,
        edition_period,
        practice_code || ' {{ figure }}' as measure,
        {{ figure }} as ours
    from practice_forms
    {%- endfor %}
    {%- for source, area_code in {'gpps_ics': 'QE1', 'gpps_practice': 'A84002'}.items() %}
    union all
    select
        '{{ source }}' as source,
        cast(extract(year from period_end) as string) as edition_period,
        area_code || ' ' || indicator_id as measure,
        value as ours
    from {{ ref('indicator_values') }}
    where area_code = '{{ area_code }}' and hierarchy_basis <> 'as_is' and category = 'all'
    {%- endfor %}
    {%- for figure, expression in {
        'fte': 'cast(sum(fte) as double)',
        'rows': 'cast(count(*) as double)',
        'heads': "cast(count(distinct case when data_source = 'NWRS Staff' then unique_identifier end) as double)",
    }.items() %}
    union all
    select
        'pcnwf_staff' as source,
        substr(cast(census_date as string), 1, 7) as edition_period,
        staff_role || ' {{ figure }}' as measure,
        {{ expression }} as ours
    from {{ ref('stg_pcnwf_staff') }}
    group by census_date, staff_role
    {%- endfor %}
    {%- for figure, expression in {
        'rows': 'count(*)',
        'networks': 'count(distinct pcn_code)',
        'sub_icb': 'count(distinct sub_icb_code)',
        'icb': 'count(distinct icb_code)',
        'least fte': 'min(fte)',
        'most fte': 'max(fte)',
    }.items() %}
    union all
    select
        'pcnwf_staff' as source,
        substr(cast(census_date as string), 1, 7) as edition_period,
        'census {{ figure }}' as measure,
        cast({{ expression }} as double) as ours
    from {{ ref('stg_pcnwf_staff') }}
    group by census_date
    {%- endfor %}
    union all
    -- From the source: the published count takes in the practices grouped under Wales.
    select
        'ods_practices' as source,
        edition_period,
        'active practices' as measure,
        cast(count(*) as double) as ours
    from {{ source('raw', 'ods_practices') }}
    where prescribing_setting = '4' and status_code = 'A'
    group by edition_period
    union all
    select
        'gpad_mapping' as source,
        edition_period,
        'practice rows' as measure,
        cast(count(*) as double) as ours
    from {{ source('raw', 'gpad_mapping') }}
    group by edition_period
    {%- for extract in ['gpad_mapping', 'ons_sub_icb_lookup', 'qof_geography_map'] %}
    {%- for area_type in ['sub_icb', 'icb'] %}
    union all
    select
        '{{ extract }}' as source,
        edition_period,
        '{{ area_type }}' as measure,
        cast(count(distinct {{ area_type }}_code) as double) as ours
    from {{ source('raw', extract) }}
    group by edition_period
    {%- endfor %}
    {%- endfor %}
    union all
    select
        'qof_indicator_map' as source,
        edition_period,
        'indicators' as measure,
        cast(count(distinct indicator_code) as double) as ours
    from {{ source('raw', 'qof_indicator_map') }}
    group by edition_period
    union all
    select
        'fingertips_practice_deprivation' as source,
        cast(index_year as string) as edition_period,
        practice_code || ' score' as measure,
        deprivation_score as ours
    from {{ ref('stg_fingertips_practice_deprivation') }}
    where practice_code = 'A81001'
    {%- for figure, column in {
        'numerator': 'numerator',
        'denominator': 'denominator',
        'adjustments': 'personalised_care_adjustments',
    }.items() %}
    union all
    select
        'qof_achievement' as source,
        {{ financial_year('period_start') }} as edition_period,
        indicator_code || ' {{ figure }}' as measure,
        cast(sum({{ column }}) as double) as ours
    from {{ ref('stg_qof_achievement') }}
    where indicator_code in ('MH002', 'DEM004')
    group by period_start, indicator_code
    {%- endfor %}
    {%- for figure, expression in {
        'practices': 'count(*)', 'list size': 'sum(list_size)',
    }.items() %}
    union all
    select
        'qof_prevalence' as source,
        {{ financial_year('period_start') }} as edition_period,
        '{{ figure }}' as measure,
        cast({{ expression }} as double) as ours
    from framework_lists
    group by period_start
    {%- endfor %}
    union all
    select
        'phb_counts' as source,
        {{ financial_year('period_start') }} || ' Q' || cast(financial_quarter as string)
            as edition_period,
        measure,
        cast(sum(value) as double) as ours
    from {{ ref('stg_phb_counts') }}
    group by period_start, financial_quarter, measure
    union all
    select
        'reg_list_sizes' as source,
        substr(cast(snapshot_date as string), 1, 7) as edition_period,
        'registered patients' as measure,
        cast(sum(registered_patients) as double) as ours
    from {{ ref('stg_reg_list_sizes') }}
    group by snapshot_date
),

-- Made-up editions are not held against published figures. Part of a publication has not its
-- totals, only its own practices and boards.
real_periods as (
    select distinct
        extract as source,
        edition_period
    from {{ source('ledger', 'editions') }}
    where
        is_in_use
        and not is_synthetic
        and (coverage = 'whole' or extract in ('gpps_practice', 'gpps_ics'))
)

select
    fixtures.source,
    fixtures.fixture,
    cast(fixtures.published as double) as published,
    ours.ours,
    ours.ours - cast(fixtures.published as double) as difference,
    cast(fixtures.tolerance as double) as tolerance,
    coalesce(
        abs(ours.ours - cast(fixtures.published as double))
        <= cast(fixtures.tolerance as double),
        false
    ) as agrees,
    fixtures.note
from fixtures
inner join real_periods
    on
        fixtures.source = real_periods.source
        and fixtures.edition_period = real_periods.edition_period
left join ours
    on
        fixtures.source = ours.source
        and fixtures.edition_period = ours.edition_period
        and fixtures.measure = ours.measure
