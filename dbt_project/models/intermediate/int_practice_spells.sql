with long as (
    {%- for parent_type in ['sub_icb', 'icb', 'region'] %}
    select
        source_extract,
        snapshot_date,
        practice_code,
        '{{ parent_type }}' as parent_type,
        {{ parent_type }}_code as parent_code
    from {{ ref('int_practice_snapshots') }}
    where {{ parent_type }}_code is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Two sources of one day agree or the one that names the practice's own return wins.
one_a_day as (
    select
        practice_code,
        parent_type,
        snapshot_date,
        max_by(parent_code, source_extract) as parent_code,
        max(source_extract) as source_extract
    from long
    group by practice_code, parent_type, snapshot_date
),

compared as (
    select
        practice_code,
        parent_type,
        snapshot_date,
        parent_code,
        source_extract,
        lag(parent_code) over (
            partition by practice_code, parent_type order by snapshot_date nulls first
        ) as previous_parent_code
    from one_a_day
),

starts as (
    select
        practice_code,
        parent_type,
        parent_code,
        source_extract,
        snapshot_date as from_date
    from compared
    where previous_parent_code is null or previous_parent_code <> parent_code
),

location_spells as (
    select
        practice_code,
        parent_type,
        parent_code,
        source_extract,
        from_date,
        lead(from_date) over (
            partition by practice_code, parent_type order by from_date nulls first
        ) as next_from_date
    from starts
),

network_spells as (
    select
        practice_code,
        'pcn' as parent_type,
        pcn_code as parent_code,
        'ods_pcn_memberships' as source_extract,
        start_date as from_date,
        end_date as to_date
    from {{ ref('int_network_memberships') }}
)

select
    practice_code,
    parent_type,
    parent_code,
    from_date,
    cast(next_from_date - interval '1' day as date) as to_date,
    source_extract
from location_spells
union all
select
    practice_code,
    parent_type,
    parent_code,
    from_date,
    to_date,
    source_extract
from network_spells
