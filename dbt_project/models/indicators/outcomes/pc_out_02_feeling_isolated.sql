{{ survey_indicator(
    'PC-OUT-02',
    question='healthexperienced',
    answer=3,
    ratio_question='overallexp'
) }}
