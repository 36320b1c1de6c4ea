{{ survey_indicator(
    'PC-PCSP-02',
    question='healthcareplan',
    before_2024={'question': 'q97', 'answers': '1', 'flag': 'routing_not_known'}
) }}
