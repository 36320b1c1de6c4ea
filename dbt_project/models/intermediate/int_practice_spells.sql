with practices_with_memberships as (
    select distinct practice_code
    from {{ ref('int_network_memberships') }}
),

long as (
    {%- for parent_type in ['sub_icb', 'icb', 'region'] %}
    select
        source_extract,
        snapshot_date,
        practice_code,
        '{{ parent_type }}' as parent_type,
        {{ parent_type }}_code as parent_code
    from {{ ref('int_practice_snapshots') }}
    where {{ parent_type }}_code is not null
    union all
    {%- endfor %}
    -- Networks as the mappings show them, for practices whose memberships are not held.
    select
        snapshots.source_extract,
        snapshots.snapshot_date,
        snapshots.practice_code,
        'pcn' as parent_type,
        snapshots.pcn_code as parent_code
    from {{ ref('int_practice_snapshots') }} as snapshots
    left join practices_with_memberships
        on snapshots.practice_code = practices_with_memberships.practice_code
    where snapshots.pcn_code is not null and practices_with_memberships.practice_code is null
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
        ) as previous_parent_code,
        lag(snapshot_date) over (
            partition by practice_code, parent_type order by snapshot_date nulls first
        ) as previous_snapshot_date
    from one_a_day
),

-- A change of board that the succession of 2026 explains has its day; any other is known from the
-- first snapshot that shows it.
starts as (
    select
        compared.practice_code,
        compared.parent_type,
        compared.parent_code,
        compared.source_extract,
        coalesce(successions.effective_from, compared.snapshot_date) as from_date
    from compared
    left join {{ ref('icb_succession_2026') }} as successions
        on
            compared.parent_type = 'icb'
            and compared.previous_parent_code = successions.predecessor_code
            and compared.parent_code = successions.successor_code
            and compared.previous_snapshot_date < successions.effective_from
            and compared.snapshot_date > successions.effective_from
    where
        compared.previous_parent_code is null
        or compared.previous_parent_code <> compared.parent_code
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
),

every_spell as (
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
),

-- A closed practice is nowhere today: its last spell ends when it closed, or was last seen.
closed_practices as (
    select
        snapshots.practice_code,
        coalesce(max(directory.close_date), max(snapshots.snapshot_date)) as closed_on
    from {{ ref('int_practice_snapshots') }} as snapshots
    inner join {{ ref('int_current_practices') }} as current_practices
        on snapshots.practice_code = current_practices.practice_code
    left join {{ ref('stg_ods_practices') }} as directory
        on snapshots.practice_code = directory.practice_code
    where not current_practices.is_open
    group by snapshots.practice_code
)

select
    every_spell.practice_code,
    every_spell.parent_type,
    every_spell.parent_code,
    every_spell.from_date,
    case
        when every_spell.to_date is not null or closed_practices.closed_on is null
            then every_spell.to_date
        when closed_practices.closed_on > every_spell.from_date then closed_practices.closed_on
        else every_spell.from_date
    end as to_date,
    every_spell.source_extract
from every_spell
left join closed_practices on every_spell.practice_code = closed_practices.practice_code
