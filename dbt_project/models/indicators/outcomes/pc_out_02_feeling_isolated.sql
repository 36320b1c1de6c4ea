{{ survey_indicator(
    'PC-OUT-02',
    question='healthexperienced',
    answer=3,
    ratio_question='overallexp',
    before_2024={
        'question': 'q91',
        'answers': '3',
        'limits_of': {'question': 'q28', 'answers': '12'}
    }
) }}
