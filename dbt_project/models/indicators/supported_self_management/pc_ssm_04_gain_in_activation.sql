{{ paired_indicator(
    'PC-SSM-04',
    instrument='PAM13',
    series_id='prom_pam13',
    value='case when follow_up_score - baseline_score >= 3 then 1 else 0 end'
) }}
