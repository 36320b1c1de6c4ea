{{ survey_indicator(
    'PC-SSM-02',
    question='healthsupport',
    with_definitely=true,
    before_2024={'question': 'q32', 'answers': '12', 'base': '123'}
) }}
