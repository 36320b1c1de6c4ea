{# Low is good in the answers, so that less concern at follow-up is a change above zero. #}
{{ paired_indicator(
    'PC-OUT-03',
    instrument='MYCAW',
    series_id='prom_mycaw',
    value='baseline_score - follow_up_score',
    is_mean=true
) }}
