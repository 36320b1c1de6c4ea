{{ survey_indicator(
    'PC-PCSP-04',
    question='healthcareplanhelpful',
    before_2024={'question': 'q98', 'answers': '12', 'base': '1234'}
) }}
