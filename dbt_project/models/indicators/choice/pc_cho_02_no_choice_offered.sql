{{ survey_indicator(
    'PC-CHO-02',
    question='lastgpapptchoice',
    answer=3
) }}
