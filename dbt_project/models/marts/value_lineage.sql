{%- set marts_without_indicator = [
    'engagement_typology', 'champion_programmes', 'what_changed', 'context_values',
] %}

with used as (
    select distinct
        indicator_values.lineage_id,
        indicator_values.indicator_id,
        catalogue.model,
        substr(
            indicator_values.lineage_id, length(indicator_values.indicator_id) + 2
        ) as edition_ids
    from {{ ref('indicator_values') }} as indicator_values
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on indicator_values.indicator_id = catalogue.indicator_id
    where indicator_values.lineage_id is not null
    {%- for model in marts_without_indicator %}
    union all
    select distinct
        lineage_id,
        cast(null as string) as indicator_id,
        '{{ model }}' as model,
        substr(lineage_id, length('{{ model }}') + 2) as edition_ids
    from {{ ref(model) }}
    where lineage_id is not null
    {%- endfor %}
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
    used.model
from used
inner join editions
    on contains(',' || used.edition_ids || ',', ',' || editions.edition_id || ',')
