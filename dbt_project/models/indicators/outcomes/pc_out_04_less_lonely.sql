{# Lonely is a sum of six or more (DOMAIN 3.2); only people who were are asked about. #}
{{ paired_indicator(
    'PC-OUT-04',
    instrument='UCLA3',
    series_id='prom_ucla3',
    value='case when follow_up_score < 6 then 1 else 0 end',
    population='baseline_score >= 6'
) }}
