-- How many rows came about persons, and what was odd about them, is told to those who look after
-- the data and not in releases: exact numbers would undo the rounding of what is counted from them.
{%- set about_persons = [] %}
{%- if execute %}
{%- for source in (graph.get('sources') or {}).values()
    if source.source_name == 'restricted' %}
{%- do about_persons.append("'" ~ source.name ~ "'") %}
{%- endfor %}
{%- endif %}
with editions as (
    select
        *,
        extract in ({{ about_persons | sort | join(', ') or 'null' }}) as is_about_persons
    from {{ source('ledger', 'editions') }}
)

select
    extract,
    submitter,
    edition_period,
    period_start,
    period_end,
    edition_id,
    version,
    file_name,
    sha256,
    layout,
    coverage,
    is_synthetic,
    {%- for rows in ['rows_in_file', 'rows_loaded', 'rows_quarantined'] %}
    case
        when not is_about_persons then {{ rows }}
        when {{ rows }} = 0 or {{ rows }} > 7 then cast(5 * floor(({{ rows }} + 2) / 5) as bigint)
    end as {{ rows }},
    {%- endfor %}
    verdict,
    case
        when is_about_persons and reason is not null
            then 'told to those who look after the data: rows about persons'
        else reason
    end as reason,
    is_in_use
from editions
