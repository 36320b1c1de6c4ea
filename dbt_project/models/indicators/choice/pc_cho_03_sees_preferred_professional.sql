{{ survey_indicator(
    'PC-CHO-03',
    question='localgpservicesprefhpsee',
    before_2024={'question': 'q9', 'answers': '12', 'base': '1234'}
) }}
