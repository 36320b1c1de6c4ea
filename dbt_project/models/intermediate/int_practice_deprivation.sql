-- Deprivation of the areas that the people of a practice live in (DOMAIN 2.8): our own average
-- where registered people by small area are held, else the score that Fingertips publishes.
with matches as (
    select * from {{ ref('int_small_area_matches') }}
    where subject = 'deprivation' and is_newest_match
),

own_scores as (
    select
        matches.subject_year as index_year,
        registered.practice_code,
        matches.snapshot_date,
        cast(sum(registered.registered_patients) as bigint) as scored_patients,
        cast(
            sum(
                registered.registered_patients
                * cast(areas.deprivation_score as decimal(18, 6))
            ) as double
        ) / nullif(cast(sum(registered.registered_patients) as double), 0e0)
            as deprivation_score,
        max(areas.edition_id) || ',' || max(registered.edition_id) as edition_ids
    from matches
    inner join {{ ref('stg_reg_lsoa') }} as registered
        on matches.edition_id = registered.edition_id
    inner join {{ ref('stg_iod_lsoa') }} as areas
        on
            registered.lsoa_code = areas.lsoa_code
            and matches.subject_year = areas.index_year
    group by matches.subject_year, registered.practice_code, matches.snapshot_date
    having sum(registered.registered_patients) > 0
),

published as (
    select
        index_year,
        upper(trim(practice_code)) as practice_code,
        deprivation_score,
        edition_id
    from {{ ref('stg_fingertips_practice_deprivation') }}
),

scored as (
    select
        coalesce(own_scores.index_year, published.index_year) as index_year,
        coalesce(own_scores.practice_code, published.practice_code) as practice_code,
        coalesce(own_scores.deprivation_score, published.deprivation_score)
            as deprivation_score,
        published.deprivation_score as published_score,
        case
            when own_scores.practice_code is not null then 'registered_people_by_small_area'
            else 'fingertips'
        end as score_source,
        own_scores.scored_patients,
        own_scores.snapshot_date,
        coalesce(own_scores.edition_ids, published.edition_id) as edition_ids
    from own_scores
    full outer join published
        on
            own_scores.index_year = published.index_year
            and own_scores.practice_code = published.practice_code
),

-- Whoever has closed stands on the last list that had it.
newest_lists as (
    select
        practice_code,
        max_by(registered_patients, month_start) as registered_patients
    from {{ ref('int_practice_list_sizes') }}
    group by practice_code
),

sized as (
    select
        scored.*,
        {{ is_residual_list('newest_lists.registered_patients') }} as is_residual
    from scored
    left join newest_lists on scored.practice_code = newest_lists.practice_code
),

ranked as (
    select
        *,
        rank() over (
            partition by index_year, is_residual order by deprivation_score desc nulls last
        ) as deprivation_rank,
        count(*) over (partition by index_year, is_residual) as practices,
        row_number() over (
            partition by practice_code order by index_year desc nulls last
        ) as nth
    from sized
)

select
    practice_code,
    index_year,
    deprivation_score,
    case
        when not is_residual then {{ quantile_band('deprivation_rank', 'practices', 5) }}
    end as deprivation_quintile,
    score_source,
    published_score,
    scored_patients,
    snapshot_date,
    nth = 1 as is_current,
    edition_ids
from ranked
