with answers as (
    {%- for level in ['practice', 'pcn', 'ics', 'region', 'national'] %}
    select * from {{ ref('stg_gpps_' ~ level) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    edition_id,
    edition_coverage,
    survey_year,
    area_type,
    area_code,
    question,
    {%- for option in [1, 2, 3] %}
    max(case when measure = 'count' and answer_option = {{ option }} then published_value end)
        as option_{{ option }}_weighted_count,
    max(case when measure = 'pct' and answer_option = {{ option }} then published_value end)
        as option_{{ option }}_proportion,
    max(case when measure = 'pct' and answer_option = {{ option }} then value_state end)
        as option_{{ option }}_state,
    {%- endfor %}
    max(case when measure = 'counteval' then published_value end) as headline_weighted_count,
    max(case when measure = 'pcteval' then published_value end) as headline_proportion,
    max(case when measure = 'pcteval' then value_state end) as headline_state,
    max(case when measure = 'lowileval' then published_value end) as printed_lower_95,
    max(case when measure = 'hiwileval' then published_value end) as printed_upper_95,
    max(case when measure = 'basefulluw' then published_value end) as full_unweighted_base,
    max(case when measure = 'basefullw' then published_value end) as full_weighted_base,
    max(case when measure = 'baseevaluw' then published_value end) as headline_unweighted_base,
    max(case when measure = 'baseevalw' then published_value end) as headline_weighted_base
from answers
group by edition_id, edition_coverage, survey_year, area_type, area_code, question
