{{ survey_indicator(
    'PC-SDM-02',
    question='lastgpapptlisten',
    before_2024={'question': 'q86b', 'answers': '12', 'base': '12345'}
) }}
