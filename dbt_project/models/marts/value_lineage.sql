with used as (
    select distinct
        lineage_id,
        indicator_id,
        substr(lineage_id, length(indicator_id) + 2) as edition_ids
    from {{ ref('indicator_values') }}
    where lineage_id is not null
),

editions as (
    select
        edition_id,
        extract,
        period_start,
        period_end,
        file_name,
        sha256
    from {{ source('ledger', 'editions') }}
    where is_in_use
)

select
    used.lineage_id,
    used.indicator_id,
    editions.edition_id,
    editions.extract,
    editions.period_start,
    editions.period_end,
    editions.file_name,
    editions.sha256,
    catalogue.model
from used
inner join editions
    on ',' || used.edition_ids || ',' like '%,' || editions.edition_id || ',%'
inner join {{ ref('int_indicator_catalogue') }} as catalogue
    on used.indicator_id = catalogue.indicator_id
