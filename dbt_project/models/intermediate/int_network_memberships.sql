with latest_edition as (
    select max(edition_date) as edition_date
    from {{ ref('stg_ods_pcn_memberships') }}
),

spells as (
    select
        memberships.edition_id,
        memberships.practice_code,
        memberships.pcn_code,
        memberships.start_date,
        memberships.end_date
    from {{ ref('stg_ods_pcn_memberships') }} as memberships
    inner join latest_edition
        on memberships.edition_date = latest_edition.edition_date
),

following as (
    select
        edition_id,
        practice_code,
        pcn_code,
        start_date,
        end_date,
        lead(start_date) over (
            partition by practice_code order by start_date nulls first, pcn_code nulls first
        ) as next_start_date
    from spells
),

-- Where spells overlap the latest start wins: the earlier one ends the day before.
without_overlaps as (
    select
        edition_id,
        practice_code,
        pcn_code,
        start_date,
        case
            when next_start_date is null then end_date
            when end_date is null or end_date >= next_start_date
                then cast(next_start_date - interval '1' day as date)
            else end_date
        end as end_date
    from following
)

select
    edition_id,
    practice_code,
    pcn_code,
    start_date,
    end_date
from without_overlaps
where end_date is null or end_date >= start_date
