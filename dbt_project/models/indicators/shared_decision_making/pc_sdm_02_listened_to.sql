{{ survey_indicator(
    'PC-SDM-02',
    question='lastgpapptlisten'
) }}
