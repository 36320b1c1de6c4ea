{{ survey_indicator(
    'PC-CHO-01',
    question='lastgpapptchoice'
) }}
