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

printed as (
    select
        *,
        published_effective_base / nullif(full_unweighted_base, 0) as printed_ratio
    from published
),

-- Limits of a level can be believed where nine in ten ratios lie between 0.2 and 1 (DOMAIN 6.5).
level_tests as (
    select
        edition_id,
        area_type,
        avg(case when printed_ratio between 0.2 and 1 then 1e0 else 0e0 end) >= 0.9
            as is_level_plausible
    from printed
    where printed_ratio is not null
    group by edition_id, area_type
),

-- Practices: known for the files of 2025, so a setting. Networks: no file was seen yet, so each
-- file says it itself.
ratios as (
    select
        printed.edition_id,
        printed.area_type,
        printed.area_code,
        printed.question,
        printed.printed_ratio,
        {{ survey_effective_base_ratio(
            'printed.published_effective_base', 'printed.full_unweighted_base',
            'printed.full_weighted_base',
            "(printed.area_type = 'practice' and " ~ var('gpps_practice_weight_correction') ~ ")"
            ~ " or (printed.area_type = 'pcn' and not level_tests.is_level_plausible)"
        ) }} as recovered_ratio
    from printed
    left join level_tests
        on
            printed.edition_id = level_tests.edition_id
            and printed.area_type = level_tests.area_type
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
