-- What a practice and the people it works with would look up first. No rank and no judgement: a
-- value stands beside its limits and England's. Limits are those recomputed from the answers, as
-- the printed ones of practices are not plausible (DOMAIN 6.5).
{%- set headlines = {
    'involved_in_decisions': 'PC-SDM-01',
    'listened_to': 'PC-SDM-02',
    'what_matters_conversation': 'PC-PCSP-01',
    'plan_coverage': 'PC-PCSP-03',
    'choice_of_time_or_day': 'PC-CHO-01',
    'sees_preferred_professional': 'PC-CHO-03',
    'confident_managing_condition': 'PC-SSM-01',
    'enough_local_support': 'PC-SSM-02',
    'needs_met': 'PC-OUT-01',
    'feeling_isolated': 'PC-OUT-02',
    'serious_mental_illness_plan': 'PC-PCSP-07',
    'dementia_plan_reviewed': 'PC-PCSP-08',
} %}
{%- set parents = ['pcn', 'sub_icb', 'icb', 'region'] %}
{%- set shown = {
    'value': '', 'shown_lower_95': '_lower_95', 'shown_upper_95': '_upper_95',
    'benchmark_value': '_england', 'period_end': '_period_end', 'value_state': '_state',
} %}
with areas as (
    select
        area_type,
        area_code,
        area_name,
        status
    from {{ ref('int_areas') }}
),

parents as (
    select
        {%- for parent in parents %}
        max(case when parent_type = '{{ parent }}' then parent_code end) as {{ parent }}_code,
        {%- endfor %}
        practice_code
    from {{ ref('int_practice_parents') }}
    where hierarchy_basis = 'as_is'
    group by practice_code
),

list_sizes as (
    select
        practice_code,
        snapshot_date,
        registered_patients,
        max(snapshot_date) over () as newest_snapshot_date
    from {{ ref('stg_reg_list_sizes') }}
),

ages_by_snapshot as (
    select
        practice_code,
        snapshot_date,
        max(snapshot_date) over () as newest_snapshot_date,
        registered_patients,
        case
            when age_band in ('0_4', '5_9', '10_14') then registered_patients else 0
        end as under_15,
        case
            when
                age_band in ('65_69', '70_74', '75_79', '80_84', '85_89', '90_94', '95+')
                then registered_patients
            else 0
        end as aged_65_and_over,
        case
            when age_band in ('85_89', '90_94', '95+') then registered_patients else 0
        end as aged_85_and_over
    from {{ ref('stg_reg_quinary_age') }}
),

ages as (
    select
        {%- for age in ['under_15', 'aged_65_and_over', 'aged_85_and_over'] %}
        cast(sum({{ age }}) as double) / nullif(cast(sum(registered_patients) as double), 0e0)
            as proportion_{{ age }},
        {%- endfor %}
        practice_code,
        max(snapshot_date) as age_date
    from ages_by_snapshot
    where snapshot_date = newest_snapshot_date
    group by practice_code
),

deprivation as (
    select * from {{ ref('int_practice_deprivation') }}
    where is_current
),

practice_values as (
    select
        area_code,
        indicator_id,
        value,
        coalesce(lower_95_recomputed, lower_95) as shown_lower_95,
        coalesce(upper_95_recomputed, upper_95) as shown_upper_95,
        benchmark_value,
        period_end,
        value_state
    from {{ ref('latest_values') }}
    where area_type = 'practice' and category_type = 'all'
),

headline_values as (
    select
        {%- for name, indicator_id in headlines.items() %}
        {%- for column, suffix in shown.items() %}
        max(case when indicator_id = '{{ indicator_id }}' then {{ column }} end)
            as {{ name ~ suffix }},
        {%- endfor %}
        {%- endfor %}
        area_code as practice_code
    from practice_values
    group by area_code
),

good_data as (
    select
        area_code as practice_code,
        max(period_end) as last_good_data_date
    from {{ ref('indicator_values') }}
    where area_type = 'practice' and value is not null
    group by area_code
)

select
    areas.area_code as practice_code,
    areas.area_name as practice_name,
    areas.status,
    {%- for parent in parents %}
    parents.{{ parent }}_code,
    {{ parent }}_areas.area_name as {{ parent }}_name,
    {%- endfor %}
    list_sizes.registered_patients,
    list_sizes.snapshot_date as list_size_date,
    ages.proportion_under_15,
    ages.proportion_aged_65_and_over,
    ages.proportion_aged_85_and_over,
    ages.age_date,
    deprivation.deprivation_score,
    deprivation.deprivation_quintile,
    deprivation.index_year as deprivation_index_year,
    deprivation.score_source as deprivation_score_source,
    {%- for name in headlines %}
    headline_values.{{ name }},
    headline_values.{{ name }}_lower_95,
    headline_values.{{ name }}_upper_95,
    headline_values.{{ name }}_england,
    headline_values.{{ name }}_period_end,
    coalesce(headline_values.{{ name }}_state, 'not_available') as {{ name }}_state,
    {%- endfor %}
    good_data.last_good_data_date
from areas
left join parents on areas.area_code = parents.practice_code
{%- for parent in parents %}
left join areas as {{ parent }}_areas
    on
        parents.{{ parent }}_code = {{ parent }}_areas.area_code
        and {{ parent }}_areas.area_type = '{{ parent }}'
{%- endfor %}
left join list_sizes
    on
        areas.area_code = list_sizes.practice_code
        and list_sizes.snapshot_date = list_sizes.newest_snapshot_date
left join ages on areas.area_code = ages.practice_code
left join deprivation on areas.area_code = deprivation.practice_code
left join headline_values on areas.area_code = headline_values.practice_code
left join good_data on areas.area_code = good_data.practice_code
-- The directory lists prisons, hubs and walk-in centres too.
where
    areas.area_type = 'practice'
    and (
        areas.status = 'open'
        or list_sizes.practice_code is not null
        or good_data.practice_code is not null
    )
