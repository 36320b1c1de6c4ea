{{ survey_indicator(
    'PC-SSM-01',
    question='healthconfidence',
    before_2024={'question': 'q94', 'answers': '12', 'base': '1234'}
) }}
