{{ survey_indicator(
    'PC-SSM-01',
    question='healthconfidence'
) }}
