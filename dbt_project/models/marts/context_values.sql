-- What surrounds the indicators: who lives there and how they say they are. Nobody made these
-- numbers by what they did, so nothing here is compared or rated (DOMAIN 0.2 ruling 15).
with wellbeing as (
    select
        'wellbeing_' || measure as measure,
        case measure
            when 'life_satisfaction' then 'Satisfied with life'
            when 'worthwhile' then 'Things done in life are worthwhile'
            when 'happiness' then 'Happy yesterday'
            when 'anxiety' then 'Anxious yesterday'
        end as measure_name,
        area_code,
        {{ ons_area_type('area_code') }} as area_type,
        area_name,
        'all' as sex,
        '16+' as age,
        cast(extract(year from period_start) as string) || '/'
        || substr(cast(extract(year from period_end) as string), 3, 2) as period,
        mean_rating as value,
        'rating_0_to_10' as unit,
        cast(null as double) as lower_95,
        cast(null as double) as upper_95,
        value_state,
        case when mean_rating is null then 'too few people answered' end as value_reason,
        false as is_modelled,
        edition_id as edition_ids
    from {{ ref('stg_ons_wellbeing') }}
),

-- The same area stands under each generation of a type of area: the newest name wins.
fingertips_once as (
    select
        *,
        {{ fingertips_area_type('area_type') }} as kind,
        row_number() over (
            partition by
                indicator_id,
                {{ fingertips_area_type('area_type') }},
                area_code,
                sex,
                age,
                time_period
            order by area_type desc nulls last
        ) as nth
    from {{ ref('stg_fingertips_indicators') }}
    where category_type = 'all' and category = 'all'
),

fingertips as (
    select
        'fingertips_' || indicator_id as measure,
        indicator_name as measure_name,
        area_code,
        kind as area_type,
        area_name,
        sex,
        age,
        time_period as period,
        value,
        'as_published' as unit,
        lower_95,
        upper_95,
        value_state,
        case when value is null then coalesce(value_note, 'no value published') end as value_reason,
        false as is_modelled,
        edition_id as edition_ids
    from fingertips_once
    where nth = 1
),

-- A model of small areas, weighed by the people registered in each who live there.
lonely_of_practices as (
    select
        registered.practice_code,
        lonely.model_year,
        cast(
            sum(
                cast(registered.registered_patients * lonely.proportion_lonely as decimal(38, 12))
            ) as decimal(38, 12)
        ) as lonely_people,
        cast(sum(registered.registered_patients) as bigint) as people,
        max(lonely.edition_id) || ',' || max(registered.edition_id) as edition_ids
    from {{ ref('int_small_area_matches') }} as matches
    inner join {{ ref('stg_reg_lsoa') }} as registered
        on matches.edition_id = registered.edition_id
    inner join {{ ref('stg_cls_loneliness_lsoa') }} as lonely
        on
            registered.lsoa_code = lonely.lsoa_code
            and matches.subject_year = lonely.model_year
    where matches.subject = 'loneliness' and matches.is_newest_match
    group by registered.practice_code, lonely.model_year
),

lonely_of_areas as (
    select
        practices.icb_code as area_code,
        'icb' as area_type,
        lonely_of_practices.model_year,
        lonely_of_practices.lonely_people,
        lonely_of_practices.people,
        lonely_of_practices.edition_ids
    from lonely_of_practices
    inner join {{ ref('int_current_practices') }} as practices
        on lonely_of_practices.practice_code = practices.practice_code
    where practices.icb_code is not null
    union all
    select
        'E92000001' as area_code,
        'england' as area_type,
        model_year,
        lonely_people,
        people,
        edition_ids
    from lonely_of_practices
),

loneliness as (
    select
        'modelled_loneliness' as measure,
        'Lonely often or always (modelled)' as measure_name,
        area_code,
        area_type,
        cast(null as string) as area_name,
        'all' as sex,
        '16+' as age,
        cast(model_year as string) as period,
        cast(sum(lonely_people) as double) / nullif(cast(sum(people) as double), 0e0) as value,
        'proportion' as unit,
        cast(null as double) as lower_95,
        cast(null as double) as upper_95,
        'reported' as value_state,
        cast(null as string) as value_reason,
        true as is_modelled,
        max(edition_ids) as edition_ids
    from lonely_of_areas
    group by area_code, area_type, model_year
    having sum(people) > 0
),

every_value as (
    select * from wellbeing
    union all
    select * from fingertips
    union all
    select * from loneliness
),

names as (
    select
        area_code,
        area_type,
        ons_code,
        area_name
    from {{ ref('areas') }}
    where area_type in ('england', 'region', 'icb')
)

select
    every_value.measure,
    every_value.measure_name,
    -- Boards by the code that every other table has.
    coalesce(names.area_code, every_value.area_code) as area_code,
    every_value.area_type,
    coalesce(names.area_name, every_value.area_name, every_value.area_code) as area_name,
    every_value.sex,
    every_value.age,
    every_value.period,
    every_value.value,
    every_value.unit,
    every_value.lower_95,
    every_value.upper_95,
    every_value.value_state,
    every_value.value_reason,
    every_value.is_modelled,
    'context_values|' || every_value.edition_ids as lineage_id
from every_value
left join names
    on
        every_value.area_type = names.area_type
        and every_value.area_code in (names.area_code, names.ons_code)
where every_value.area_type is not null
