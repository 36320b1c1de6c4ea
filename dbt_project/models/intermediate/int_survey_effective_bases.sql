with published as (
    select
        edition_id,
        area_type,
        area_code,
        question,
        full_unweighted_base,
        full_weighted_base,
        {{ survey_published_effective_base(
            'headline_proportion', 'printed_lower_95', 'printed_upper_95'
        ) }} as published_effective_base
    from {{ ref('int_survey_questions') }}
),

ratios as (
    select
        edition_id,
        area_type,
        area_code,
        question,
        published_effective_base / nullif(full_unweighted_base, 0) as printed_ratio,
        {{ survey_effective_base_ratio(
            'published_effective_base', 'full_unweighted_base', 'full_weighted_base',
            "area_type = 'practice' and " ~ var('gpps_practice_weight_correction')
        ) }} as recovered_ratio
    from published
),

-- Below a tenth the recovered ratio says nothing (limits rounded, or nearly 0 or 1).
usable as (
    select
        edition_id,
        area_type,
        area_code,
        question,
        printed_ratio,
        case when recovered_ratio >= 0.1 then recovered_ratio end as recovered_ratio
    from ratios
),

area_medians as (
    select
        edition_id,
        area_type,
        area_code,
        median(recovered_ratio) as median_ratio
    from usable
    group by edition_id, area_type, area_code
),

level_medians as (
    select
        edition_id,
        area_type,
        median(recovered_ratio) as median_ratio
    from usable
    group by edition_id, area_type
)

select
    usable.edition_id,
    usable.area_type,
    usable.area_code,
    usable.question,
    usable.printed_ratio,
    usable.printed_ratio between 0.2 and 1 as is_printed_plausible,
    coalesce(usable.recovered_ratio, area_medians.median_ratio, level_medians.median_ratio)
        as effective_base_ratio
from usable
left join area_medians
    on
        usable.edition_id = area_medians.edition_id
        and usable.area_type = area_medians.area_type
        and usable.area_code = area_medians.area_code
left join level_medians
    on
        usable.edition_id = level_medians.edition_id
        and usable.area_type = level_medians.area_type
